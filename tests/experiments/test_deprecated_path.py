"""Courses and hand-outs of release 0.1 import nets by the old path: it works for one release, and warns."""

from tests.tools import command

OLD = "from grader.declare.nets import LeNet, conv, linear\nimport grader\n"
SAME = "print(LeNet is grader.LeNet, conv is grader.conv, linear is grader.linear)"


def test_the_old_path_of_the_nets_gives_the_same_objects_and_warns(tmp_path):
    done = command("-W", "always::DeprecationWarning", "-c", OLD + SAME, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "True True True" in done.stdout
    assert "DeprecationWarning: grader.declare.nets has moved" in done.stdout
    assert "write `from grader import LeNet, conv, linear`" in done.stdout
