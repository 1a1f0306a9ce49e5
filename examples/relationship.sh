#!/bin/sh
# What else there is between Alder's and their clients: one of each kind of record, beside the address and the job book.
#
#   relationship.sh           (FOLLOWUP_HOME names the home, else ~/followup)
#
# For a home of the example business, once. The files may be taken in again, which changes nothing; a gift is looked at
# against the limits of its country and a recap is written by a person, so there is no file of them.
set -eu
cd "$(dirname "$0")"
FOLLOWUP_HOME=${FOLLOWUP_HOME:-$HOME/followup} && export FOLLOWUP_HOME  # else the settings here would be taken for a home

followup enquiry import enquiries.csv
followup promise import promises.csv
followup case import cases.csv
followup referral import referrals.csv
followup praise import praise.csv
followup lesson import lessons.csv
followup gift add "Ivy Carter" "a wall planner with our name on it" --on 2025-12-15 --goods 6.50 --advert --purpose "the end of the year" --receipt R-398
followup job recap J-1041 --found "the valve had seized" --did "fitted a new radiator and a new valve" --not-done "the pipe in the wall, which wants a plasterer" --watch-for "a damp patch below the window"
