"""Verbs that cross stages, as plain functions: gather from the store, decide, apply, tell what happened.

Takes a Desk (one open home and today). Gives values for the command line to print. Touches the store, the journal and
the drafts folder, and nothing else.
"""
