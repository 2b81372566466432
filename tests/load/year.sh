#!/bin/bash
# The school year 2023-2024 of a generated county by the command line client, on one process and SQLite: identification,
# entitlement, application, notice, order, the bank's answers with faults of every kind, re-issue, recovery, close. At the
# end the trial balance is zero and every pupil's card has the fen of the truth; else the script fails. Prints what each
# step took. The days are set by tests/lib/day: the suite lives in 2023.
#
#   tests/load/year.sh <build folder> <scratch folder>
#   PUPILS=80000   KEEP=1 leaves the scratch folder   FAULTS=20000 of each kind in a million lines
#
# Wants an optimised build of all_in_one_server, ruraledu, ruraledu_xls, county_year and ruraledu_day (preset bench),
# redis-server and python3. Loopback only.
set -euo pipefail

source_dir=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
build=$(readlink -f "${1:?build folder}")
mkdir -p "${2:?scratch folder}"
home=$(readlink -f "$2")
PUPILS=${PUPILS:-80000}
. "$source_dir/tests/load/one_process.sh"
county=411728
faults=${FAULTS:-20000}
files=$home/county/$county
world=(env "LD_PRELOAD=$home/bin/libruraledu_day.so" "RURALEDU_TEST_DAY=$home/day")
server_settings=(service.files_unscanned=clean)

on() { # on <day>: it is nine o'clock of that day from now on
  local ahead byte bytes=
  ahead=$(($(date -u -d "$1 01:00" +%s) - EPOCHSECONDS))
  for byte in 0 1 2 3 4 5 6 7; do bytes+=$(printf '\\x%02x' $(((ahead >> (8 * byte)) & 255))); done
  printf '%b' "$bytes" | dd of="$home/day" conv=notrunc status=none # the processes have it mapped
  today=$1
}
balanced() { # the trial balance of today
  as officer --json aid ledger trial --county "$county" --on "$today" |
    pick 'sys.exit(d.get("debitFen", 0) != d.get("creditFen", 0))' || fail "the books are not in balance on $today"
}
pick() { python3 -c "import json, sys; d = json.load(sys.stdin); $1"; } # pick <python over d>
in_lots() { # in_lots <command...>: with names of standard input, 500 at once; every row has to be done
  local lot
  while mapfile -t -n 500 lot && [ ${#lot[@]} -gt 0 ]; do done_all "$@" "${lot[@]}"; done
}
from_files() { # from_files <field> <python of a row r> <command...>: the list of standard input, 200 at once, as files
  local lot
  rm -f "$home"/run/lot-*.json
  pick "rows = [$2 for r in next(iter(d.values()), [])]
for at in range(0, len(rows), 200): json.dump({'$1': rows[at:at + 200]}, open('$home/run/lot-%06d.json' % at, 'w'))"
  for lot in "$home"/run/lot-*.json; do [ ! -f "$lot" ] || done_all "${@:3}" "$lot"; done
}
allowed= # reasons for which a row may be refused
done_all() { # done_all as <who> <command...>: no row may be refused
  "$1" "$2" --json "${@:3}" |
    pick "bad = [r for r in d.get('rows', []) if r.get('reason', '') not in ' $allowed'.split(' ')]; bad and sys.exit(str(bad[:5]))"
}
identified() { as officer --json aid identify list --county "$county" --year 2023-2024 --limit 0 "$@"; }
applications() { as officer --json aid applications list --county "$county" --term "$term" --limit 0 "$@"; }
names='print(*(r["name"] for r in next(iter(d.values()), [])), sep="\n") if d else None'
schools='print(*sorted({r["school"] for r in d.get("applications", [])}), sep="\n") if d else None'
import() { as importer import "$@" --county "$county" --mode partial --apply; }

# --- the county ---------------------------------------------------------------------------------------------------

allow_payer() { # to see cards for the purpose of paying: given by one, confirmed by another
  local account grant
  account=$(as security --json accounts list --area "$county" |
    pick 'print(*(a["name"] for a in d["accounts"] if a["subject"] == "payer"))')
  grant=$(as security --json grants give "$account" --role COUNTY_AID_PAYER --area "$county" --purpose PAYMENT |
    pick 'print(d["grants"][-1]["name"])')
  as audit grants confirm "$grant"
}
base() {
  import villages "$files/base/villages.csv" --batch base --facts-on 2022-09-01
  import schools "$files"/base/*学校* --batch base --facts-on 2022-09-01
  import classes "$files"/base/*班级* --batch base --facts-on 2022-09-01
  import teachers "$files"/base/*教师* --batch base --facts-on 2022-09-01
}
load_term() { # load_term <first day>
  local source
  import student_roster "$files/students/$term" --batch "$term" --school-year 2023-2024 --facts-on "$1"
  for source in rural_revitalisation civil_affairs disabled_federation veterans; do
    [ ! -d "$files/$source" ] || import "$source" "$files/$source" --batch "$term" --facts-on "$1"
  done
}
cards() { as importer students cards "$files/cards.csv" --county "$county"; }
follow() { cp "$home/profiles/importer.state" "$home/profiles/officer.state"; } # what was imported is known

# --- identification -----------------------------------------------------------------------------------------------

identify() {
  local school
  as officer aid identify propose --county "$county" --term "$term" --wait
  identified | pick "$names" | in_lots as class aid identify review --step class --decision accept
  identified | pick "$names" | in_lots as school aid identify review --step school --decision accept
  on 2023-09-05
  identified | pick 'print(*sorted({r["area"].split("/")[1] for r in d["identifications"]}), sep="\n")' |
    while read -r school; do
      done_all as school aid identify post --county "$county" --term "$term" --school "counties/$county/schools/$school"
    done
  on 2023-09-13 # five working days later
  as officer --json aid identify notices --county "$county" --term "$term" --running --limit 0 | pick "$names" |
    while read -r notice; do done_all as school aid identify close "$notice"; done
  identified | pick "$names" | in_lots as officer aid identify archive --county "$county"
}
adjust() { # what the registers give in the second term
  as officer aid identify propose --county "$county" --term "$term" --wait
  allowed="MOVED NOT_A_PUPIL" # who went to another county, or left school between the terms
  identified --state ARCHIVED | from_files adjustments \
    'dict(name=r["name"], level=r["level"], etag=r["etag"], reason="学期动态调整")' \
    as school aid identify adjust --county "$county" --term "$term"
  allowed=
}

# --- applications -------------------------------------------------------------------------------------------------

decide() { as officer aid run --county "$county" --term "$term" --wait; }
compare() { as officer aid compare --county "$county" --term "$term" --wait; }
each_school() { # each_school <state> <command...>: with --school and --term
  local state=$1 school
  shift
  applications --state "$state" | pick "$schools" |
    while read -r school; do done_all "$@" --county "$county" --term "$term" --school "$school"; done
}
apply() { # apply <day after the notice>
  as officer aid applications propose --county "$county" --term "$term" --wait
  applications --state DRAFT | from_files applications 'dict(name=r["name"], evidence=[dict(kind="PROMISE")])' \
    as teacher aid applications submit --county "$county"
  each_school SUBMITTED as school aid applications review --step school --decision accept
  each_school SCHOOL_APPROVED as school aid applications post
  on "$1"
  each_school ON_SCHOOL_NOTICE as approver aid applications review --step county --decision accept
}

# --- money --------------------------------------------------------------------------------------------------------

endow() { # endow <budget year>
  local way items
  mapfile -t items <"$files/funds-$term.txt"
  for way in allot arrive; do
    done_all as officer aid funds "$way" --county "$county" --year "$1" --document "豫财教〔$1〕7号" --on "$today" \
      --level province "${items[@]}"
  done
}
answer() { # answer <batch> <pay or later> <day> <file of orders>: tells the bank, and books what it answers
  local path refused said
  "$home/bin/county_year" bank "$2" "$3" "$4" --books "$home/bank" --faults "$faults" |
    while read -r path refused; do
      if said=$(as payer aid payments answer "$1" "$path" --wait 2>&1); then
        [ "$refused" = - ] || fail "booked instead of $refused: $path"
      else
        [[ $refused != - && $said == *"$refused"* ]] || fail "$path: $said"
      fi
    done
}
pay() { # pay <kind> <day> <day on which money comes back>
  local batch orders=$home/bank/orders-$2-$1.csv said
  on "$2"
  until said=$(as payer --json aid payments order --county "$county" --term "$term" --kind "$1" --wait \
    --holder 县学生资助中心 --account 1702020309024900001 --bank-code 102521000018 2>"$home/run/said"); do
    grep -q FEED_SILENT "$home/run/said" || fail "$(cat "$home/run/said")" # the registry was heard of on the day before
    sleep 1
  done
  batch=$(pick 'print(d["name"])' <<<"$said")
  as payer aid payments send "$batch"
  as payer aid payments file "$batch" --out "$orders" --purpose PAYMENT
  answer "$batch" pay "$2" "$orders"
  on "$3"
  answer "$batch" later "$3" "$orders"
  as payer aid payments show "$batch"
}
pay_rest() { # pay_rest <day...>: whoever waits, until nobody does
  local day kind waits
  for day in "$@"; do
    waits=$(applications --state APPROVED | pick 'print(*{"supplementary" if r.get("supplementary") else "regular" for r in d.get("applications", [])})')
    [ -z "$(applications --state PAY_FAILED | pick "$names")" ] || waits+=" reissue"
    for kind in $waits; do pay "$kind" "$day" "$day"; done
  done
  [ -z "$(applications --state APPROVED | pick "$names")$(applications --state PAY_FAILED | pick "$names")" ] ||
    fail "somebody still waits for money after $*"
}
paid() { # the truth, the bank and the product agree
  local truth product
  truth=$("$home/bin/county_year" check --of "$files" --books "$home/bank" --faults "$faults" --term "$term")
  product=$(applications --state PAID | pick 'print(sum(int(r["paidFen"]) for r in d["applications"]))')
  [ "$truth" = "$product" ] || fail "$product fen were paid for $term, not $truth"
  printf '%s fen paid for %s, as the truth says\n' "$truth" "$term" >&2
}
recover() { # recover <day>: two of those paid were not eligible: one pays back all, the other half, the rest is written off
  local name fen part
  on "$1"
  applications --state PAID | pick 'r = d["applications"]; print(*("%s %s %d" % (a["name"], a["paidFen"], p) for a, p in ((r[0], 1), (r[-1], 2))), sep="\n")' |
    while read -r name fen part; do
      as auditor aid payments recover "$name" --county "$county" --cause not_eligible --document 追〔2024〕3号 --reason 核定日不符合条件
      as auditor aid payments recovered "$name" --amount "$(awk "BEGIN {printf \"%.2f\", int($fen / $part) / 100}")" --on "$1" --document 收据
      [ "$part" = 1 ] || as head aid payments write-off "$name" --document 核〔2024〕9号 --reason 家庭无力退还
    done
}
confirmed() { # confirmed <step> <year>: proposed by one, confirmed by another
  as auditor aid funds confirm "$(as officer --json aid funds "$1" --county "$county" --year "$2" --document 年终结账 | pick 'print(d["name"])')"
}
close_year() { # close_year <year>: what is left goes on to the next one
  confirmed carry "$1"
  confirmed close "$1"
}

# --- the year -----------------------------------------------------------------------------------------------------

aid_of() { # aid_of <day of the decisions> <day after the notice>
  on "$1"
  phase "decide $term" decide
  phase "compare $term" compare
  phase "apply $term" apply "$2"
}
money_of() { # money_of <year> <day of the batch> <day on which money comes back> <further days...>
  endow "$1"
  phase "pay $term" pay regular "$2" "$3"
  phase "pay $term rest" pay_rest "${@:4}"
  paid
}
end_of() { # end_of <year> <day of the recovery> <day of the end>
  recover "$2"
  on "$3"
  phase "close $1" close_year "$1"
  balanced
}

trap stop EXIT
install_programs services/all_in_one/all_in_one_server services/cli/ruraledu common/ruraledu_xls tests/county_year \
  tests/libruraledu_day.so
mkdir -p "$home/bank"
head -c 8 /dev/zero >"$home/day"
on 2023-09-01
(cd "$source_dir" && "$home/bin/county_year" prepare --county "$county" --pupils "$pupils" --out "$home/county")
prepare security,P-2,SECURITY_ADMIN,$county audit,P-3,AUDIT_ADMIN,$county importer,P-4,IMPORT_OPERATOR,$county \
  importer,P-4,COUNTY_REGISTRAR,$county officer,P-5,COUNTY_AID_OFFICER,$county approver,P-6,COUNTY_AID_APPROVER,$county \
  teacher,P-8,CLASS_TEACHER,$county class,P-9,CLASS_TEACHER,$county school,P-10,SCHOOL_AID_OFFICER,$county payer,P-11,COUNTY_AID_PAYER,$county \
  auditor,P-12,COUNTY_AID_APPROVER,$county head,P-13,COUNTY_AID_APPROVER,$county
start
{
  allow_payer
  phase base base

  term=2023-2024-1
  phase "load $term" load_term 2023-09-01
  phase cards cards
  follow
  phase identify identify
  aid_of 2023-12-01 2023-12-11 # same-term entry is possible until 30 November (DR-10)
  money_of 2023 2023-12-12 2023-12-14 2023-12-15 2023-12-18 2023-12-20 2023-12-21 2023-12-22
  end_of 2023 2023-12-27 2024-01-05

  term=2023-2024-2
  on 2024-03-04
  phase "load $term" load_term 2024-03-01
  follow
  phase adjust adjust
  aid_of 2024-06-03 2024-06-12 # the 10th is a holiday
  money_of 2024 2024-06-13 2024-06-14 2024-06-17 2024-06-18 2024-06-19 2024-06-20 2024-06-21
  end_of 2024 2024-06-26 2025-01-06
} >>"$home/log/year.out"

printf 'school year 2023-2024 of %d pupils\n' "$pupils"
table "$pupils"
