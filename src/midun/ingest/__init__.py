"""The hot path: deposits by programs, taken without Django's request stack, in as many processes as it needs.

`workers` are the processes, `application` answers requests, `link` is the connection to the process that appends; what
a request and an answer are is said in `evidence.api`, for this door and for the web process's.
"""
