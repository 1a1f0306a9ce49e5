"""Verbs that cross stages, as plain functions: gather from the store, decide, apply, tell what happened.

Takes a Desk (one open home and today). Gives values for the command line to print. Touches the store, the files of the
home and, through `mail`, the mail server and the keyring; what else, the module says that does it.

    desk, finding                one open home; what a person types -> the record that is meant
    homes, doctor, backups       making, looking over, copying a home
    importing, consequences      files -> one batch, and what becomes due because of it
    previews, rejects, imports   what a batch would do; rows that it leaves out; what earlier ones did and taught
    undoing, records, dossiers   taking back; clients and jobs by hand; all that is held of one client
    fields, care, carefiles      records of a relationship: what was typed of them; by hand, and in files of ours
    completing                   a job is done: its checklist, and the recap of it
    handover                     a matter goes to a colleague or a supplier
    promises, enquiries, cases   moved to another day; answered, won, lost; put right step by step
    duplicates, households       who may be one client; who lives together
    referrals, rewards, gifts    who brought whom; what they are owed for it; the register of gifts, and its limits
    exporting                    what leaves the home for other programs
    planning, status             what is due, what comes; in numbers
    composing, guides, planfile  touchpoint -> words; the plan looked over in a spreadsheet
    sending, mailing             what is due is handed over: as drafts, or to the mail server
    settling                     did it go out? drafts, and hand-overs of which nobody saw the end
    journal, reconciling         database and journal agree; what keeps messages from going out, and its cure
    mailbox, mailnotes           the mail account: tried, logged in to; what a home notes about it
    stops                        opt-outs and erasures that outlive the database
    signals                      Ctrl-C, politely
    contacts, wishes             calls, letters, replies; stop, forget me
    concerns, track, outcomes    who may be unhappy; our record with promises; is it working?
    scores, quotes, studies      scores from files; testimonials, causes; case studies without names
    templating, reporting        the words themselves; what happened in a period
    daily, runlog, demo          cron's run and its digest, and its log; the tour
"""
