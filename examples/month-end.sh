#!/bin/sh
# For the accountant, on the first working day of a month: every contact of the month before, as a file.
#
#   month-end.sh [FOLDER]     (FOLLOWUP_HOME names the home, else ~/followup)
#
# The file holds a header and rows, and the same bytes on every run; count and totals are printed on stderr.
set -eu

folder=${1:-.}
mkdir -p "$folder"
followup report contacts --last-month --format csv -o "$folder/contacts-last-month.csv"
followup report summary --last-month
