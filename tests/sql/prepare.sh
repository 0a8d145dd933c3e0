#!/usr/bin/env bash
# Writes the offline query data (`.sqlx/`) that `sqlx::query!` reads when no database is at hand.
#
#   tests/sql/prepare.sh                 every crate that has migrations
#   tests/sql/prepare.sh intake          one crate, by its short name or its folder's name
#   tests/sql/prepare.sh --check [...]   writes nothing; fails when the committed data is not what the code asks for
#
# `cargo sqlx prepare` knows one database for a whole workspace; here each crate has its own, as it has when it runs. So
# this does what that command does, a crate at a time: a throw-away PostgreSQL, the crate's migrations, and a `cargo
# check` in which the macros see the database (the variable named in the crate's sqlx.toml) and leave what they learnt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { printf 'prepare: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Short name and folder. Platform first: the others are compiled against it and read its data.
crates=(platform:platform registry:station-registry intake:complaint-intake review:review-scheduling campaigns:awareness-campaigns oversight:oversight)

check=false
wanted=()
for arg in "$@"; do
    case $arg in
    --check) check=true ;;
    -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
    -*) die "unknown option $arg; see --help" ;;
    *) wanted+=("$arg") ;;
    esac
done

chosen=()
for entry in "${crates[@]}"; do
    short=${entry%%:*} folder=${entry##*:}
    if [[ ${#wanted[@]} -eq 0 || " ${wanted[*]} " == *" $short "* || " ${wanted[*]} " == *" $folder "* ]]; then
        chosen+=("$entry")
    fi
done
for name in "${wanted[@]}"; do
    [[ " ${crates[*]} " =~ [\ :]${name}[\ :] ]] || die "no crate called $name; there are: ${crates[*]%%:*}"
done

# --- a throw-away PostgreSQL -----------------------------------------------------------------------------------------

bin=
for candidate in "${PG_BIN:-}" "$(pg_config --bindir 2>/dev/null || true)" \
    $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -Vr) "$(dirname "$(command -v postgres || echo /nowhere/postgres)")"; do
    if [[ -n $candidate && -x $candidate/postgres && -x $candidate/initdb ]]; then bin=$candidate; break; fi
done
[[ -n $bin ]] || die "no PostgreSQL found: install one (Debian: apt-get install postgresql) or set PG_BIN to its bin folder"
psql=$bin/psql
[[ -x $psql ]] || psql=$(command -v psql) || die "no psql beside $bin/postgres nor on PATH: install postgresql-client"

# A socket's path may be 107 bytes long, which a build folder easily exceeds; and an unprivileged user has to enter it.
work=$(mktemp -d "/tmp/mahila-sql.XXXXXX")
mkdir "$work/socket" "$work/fresh"
server=
cleanup() {
    if [[ -n $server ]]; then
        kill -INT "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# PostgreSQL refuses to run as root, and initdb stops at an unknown LC_ALL; the signal is for the case that this script
# is killed outright, so that no server stays behind.
as_server=(env -i PATH=/usr/bin:/bin LC_ALL=C)
if [[ $(id -u) -eq 0 ]]; then
    chown -R 65534:65534 "$work"
    chmod 755 "$work"
    as_server=(setpriv --reuid=65534 --regid=65534 --clear-groups --pdeathsig INT "${as_server[@]}")
elif command -v setpriv >/dev/null; then
    as_server=(setpriv --pdeathsig INT "${as_server[@]}")
fi

(cd "$work" && "${as_server[@]}" "$bin/initdb" -D "$work/data" -U postgres -A trust -E UTF8 --locale=C --no-sync \
    --no-instructions >"$work/fresh/initdb.log" 2>&1) || { cat "$work/fresh/initdb.log" >&2; die "initdb failed"; }
cd "$work"
"${as_server[@]}" "$bin/postgres" -D "$work/data" -k "$work/socket" -c listen_addresses= -c fsync=off -c full_page_writes=off \
    -c synchronous_commit=off -c shared_buffers=32MB -c dynamic_shared_memory_type=mmap >"$work/fresh/postgres.log" 2>&1 &
server=$!
cd - >/dev/null

sql() { PGOPTIONS='-c client_min_messages=warning' "$psql" -X -q -v ON_ERROR_STOP=1 -h "$work/socket" -U postgres "$@"; }

deadline=$((SECONDS + 30))
until sql -d postgres -c 'select 1' >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || { cat "$work/fresh/postgres.log" >&2; die "PostgreSQL did not start"; }
    ((SECONDS < deadline)) || { cat "$work/fresh/postgres.log" >&2; die "PostgreSQL did not answer within 30 s"; }
    sleep 0.05
done

# --- a crate ---------------------------------------------------------------------------------------------------------

# One value of a crate's sqlx.toml: `name = "value"` or a list on one line, without the quotes.
setting() { sed -n "s/^$2 *= *\[\{0,1\}\([^]#]*\)\]\{0,1\} *\$/\1/p" "services/$1/sqlx.toml" | tr -d '"' | tr ',' ' '; }

# Applies a crate's migrations the way sqlx does: schemas first, a file a transaction unless its first line says otherwise.
migrate() {
    local folder=$1 database=$2 schema file
    for schema in $(setting "$folder" create-schemas); do
        sql -d "$database" -c "create schema if not exists $schema"
    done
    for file in "services/$folder/migrations/"*.sql; do
        [[ $file != *.down.sql ]] || continue
        local together=(-1)
        [[ $(head -n1 "$file") != "-- no-transaction"* ]] || together=()
        sql -d "$database" "${together[@]}" -f "$file" >/dev/null || die "$file does not apply"
    done
}

failed=()
for entry in "${chosen[@]}"; do
    short=${entry%%:*} folder=${entry##*:}
    compgen -G "services/$folder/migrations/*.sql" >/dev/null || { say "$folder has no migrations: skipped"; continue; }
    variable=$(setting "$folder" database-url-var)
    [[ -n $variable ]] || die "services/$folder/sqlx.toml names no database-url-var"

    sql -d postgres -c "create database $short"
    compgen -G "services/platform/migrations/*.sql" >/dev/null && migrate platform "$short"
    [[ $folder == platform ]] || migrate "$folder" "$short"

    # The macros ask the environment behind cargo's back, so only a newer source file makes it run them again.
    fresh=$work/fresh/$short
    mkdir "$fresh"
    touch "services/$folder/src/lib.rs"
    say "$folder: checking against its database"
    status=0
    env -u SQLX_OFFLINE -u DATABASE_URL -u PLATFORM_DATABASE_URL -u REGISTRY_DATABASE_URL -u INTAKE_DATABASE_URL \
        -u REVIEW_DATABASE_URL -u CAMPAIGNS_DATABASE_URL -u OVERSIGHT_DATABASE_URL \
        "$variable=postgres://postgres@localhost/$short?host=$work/socket" SQLX_OFFLINE_DIR="$fresh" \
        cargo check --quiet -p "$folder" --all-targets || status=$?

    kept=services/$folder/.sqlx
    if ((status != 0)); then
        # Code that does not compile for another reason still told which queries it has: add those, drop none.
        failed+=("$folder")
        if ! $check && compgen -G "$fresh/query-*.json" >/dev/null; then
            mkdir -p "$kept"
            cp "$fresh"/query-*.json "$kept/"
        fi
        say "$folder: does not compile; its query data may be incomplete"
    elif $check; then
        mkdir -p "$work/none"
        [[ -d $kept ]] && against=$kept || against=$work/none
        if ! diff -r "$against" "$fresh" >&2; then
            failed+=("$folder")
            say "$folder: $kept is not what the code asks for; run \`make sqlx\` and commit the result"
        fi
    else
        rm -rf "$kept"
        if compgen -G "$fresh/query-*.json" >/dev/null; then
            mkdir "$kept"
            cp "$fresh"/query-*.json "$kept/"
        fi
        say "$folder: $(find "$fresh" -name 'query-*.json' | wc -l) queries"
    fi
done

((${#failed[@]} == 0)) || die "failed: ${failed[*]}"
