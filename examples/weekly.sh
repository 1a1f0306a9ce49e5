#!/bin/sh
# Monday morning without a terminal: take in the new job list, hand over what is due, print the round.
#
#   weekly.sh JOBS.csv        (FOLLOWUP_HOME names the home, else ~/followup)
#
# Nothing here reaches a client: drafts wait in the home until somebody opens and sends them. Only where transport =
# "smtp" stands in followup.toml do they go out. The same file may come twice, the second time changes nothing.
set -eu

jobs=${1:?"which file holds the jobs? weekly.sh JOBS.csv"}

followup import "$jobs" --as jobs --yes
followup send --yes
followup week
