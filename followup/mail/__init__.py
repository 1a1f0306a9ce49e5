"""From a message to the mail server: its exact bytes, drafts, passwords, the session, what servers answer.

`build` makes the bytes and `reading` takes them apart again, `drafts` lays them out for the owner's own mail program,
`passwords` finds the secret, `line` is smtplib with a memory of where it is, `session` hands one message after the
other over, and `replies` says what the answers mean. Whether a message may go, and what becomes of it, others decide
(deliver).
"""
