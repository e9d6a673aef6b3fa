"""Read students' archives for a grading run: from the journal if it has their content, else from the sandbox."""

from __future__ import annotations

from dataclasses import dataclass

from grader.core.reasons import Code, UnreadableError
from grader.execution.extraction.archive_jobs import ArchiveJob
from grader.execution.extraction.archive_stream import Extraction, parse_stream
from grader.execution.host.archive_extraction import ArchiveExtractor
from grader.grading.results.journal import Journal


@dataclass(frozen=True)
class JournaledArchives:
    """Opens the archives whose content the journal lacks, and stores their content in the journal.

    A failure that may not happen again, such as a missing sandbox, is not stored. An archive that exceeds its time
    limit in two tries is not opened again (`journal_rows.extraction_table`).
    """

    journal: Journal
    extractor: ArchiveExtractor

    def open(self, student: str, job: ArchiveJob, seconds: float) -> Extraction:
        """Return the content of an archive of a student; `seconds` is the time limit. Raises UnreadableError."""
        self.extractor.check_available()
        version = self.extractor.version
        known = self.journal.extractions.find(student, job, version)
        if known is not None:
            return known
        if self.journal.extractions.is_slow(student, job, version, seconds):
            raise UnreadableError(Code.SLOW_IN_TWO_TRIES)
        try:
            stream = self.extractor.extract(job, seconds)
        except UnreadableError as error:
            if error.code == Code.SLOW_ARCHIVE:
                self.journal.extractions.add_slow_try(student, job, version, seconds)
                if self.journal.extractions.is_slow(student, job, version, seconds):
                    raise UnreadableError(Code.SLOW_IN_TWO_TRIES) from None
            raise
        self.journal.extractions.keep(student, job, version, stream)
        return parse_stream(stream, job)


@dataclass(frozen=True)
class FreshArchives:
    """Opens archives without a journal, for commands that do not grade, such as `grader similar`."""

    extractor: ArchiveExtractor

    def open(self, _student: str, job: ArchiveJob, seconds: float) -> Extraction:
        """Return the content of an archive; `seconds` is the time limit. Raises UnreadableError."""
        return parse_stream(self.extractor.extract(job, seconds), job)
