"""From a message to the mail server: its exact bytes (build), drafts, passwords, the session, what servers answer.

`replies` reads the answers, `passwords` finds the secret, `line` is smtplib with a memory of where it is, and `session`
hands one message after the other over. Whether a message may go, and what becomes of it, others decide (deliver).
"""
