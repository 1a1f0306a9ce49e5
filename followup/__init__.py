"""followup: after every job, the right word to the right client at the right time, and never twice.

The layout is the data flow; a stage uses only the stages above it (the README's map says more):

    errors, records, model    the words
    identity                  their keys
    settings, home, files     one folder that holds everything
    intake                    bytes -> table -> columns -> facts, or problems and questions
    store                     facts, and nothing that can be derived
    workdays, cadence         "2 business days after" -> a date
    occasions, plan           facts -> dated occasions -> decisions with reasons (pure)
    pace                      how fast messages may go (pure)
    render                    a touchpoint and a template -> a message
    mail                      a message -> bytes -> a draft
    deliver                   the hand-over: at most once, ever
    report, tables            history -> rows -> text, csv, json
    workflow                  verbs that cross stages
    cli                       parse, call one function, print
"""

__version__ = "0.1.0"
