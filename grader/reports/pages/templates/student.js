"use strict";
// A button on every call that copies it as code. Without scripts, one click on the code selects it.
const { copy, copied } = document.querySelector("main").dataset;
for (const code of document.querySelectorAll("pre.call")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy screen";
  button.textContent = copy;
  button.addEventListener("click", async () => {
    const selection = getSelection();
    selection.selectAllChildren(code);
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      document.execCommand("copy");  // a page that is opened from a file may have no clipboard of its own
    }
    button.textContent = copied;
  });
  code.before(button);
}
