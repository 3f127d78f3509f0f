"""Who may do what: roles over areas of subjects, and how a request proves who it is.

    roles.py           Role, Grant, View: the whole decision, as values
    current.py         the caller on whose behalf code runs; the store asks it what may be seen and written
    events.py          the role that each event of the log needs
    keys.py passwords.py tokens.py sessions.py    what a caller can show
    file.py            users and grants from a file
    authentication.py  from a request's credentials to a caller, with a cache
    rate.py            token buckets

Nothing here knows a database or a framework.
"""
