"""Open .7z and .rar archives with libarchive, in a separate process that runs no student code.

Others may import: archive_jobs, archive_stream, libarchive.
"""
