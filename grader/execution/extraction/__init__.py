"""Open .7z and .rar archives with libarchive, in a process of their own that runs no student code.

Others may import: archive_jobs, archive_stream, libarchive.
"""
