-- What oversight keeps of the journals it follows: sums by day, never a complaint, a call or a person.

-- Which desks are open.
CREATE TABLE oversight.desks (
    station text PRIMARY KEY,
    opened_on date NOT NULL
);

-- What happened, added up in blocks of days. One row holds all that was counted alike.
CREATE TABLE oversight.ledger (
    -- 1: where it happened (station, or the unit for what no station counts); 2: by district, for statements of districts
    -- and above, which would otherwise add up twenty times as many rows.
    grain smallint NOT NULL CHECK (grain IN (1, 2)),
    -- The blocks of days that it happened in and that its cohort lies in (ledger/span.rs). A period is a few of them.
    pair bigint NOT NULL,
    -- Station, unit, or empty where neither is known.
    unit text NOT NULL,
    -- Number of mahila.oversight.v1.Measure.
    measure smallint NOT NULL,
    -- Number of mahila.oversight.v1.Breakdown; 0: the whole.
    breakdown smallint NOT NULL,
    -- With a breakdown: number of the value.
    key smallint NOT NULL,
    -- May be negative: what moves away from here, and what was counted before.
    n bigint NOT NULL,
    PRIMARY KEY (grain, pair, unit, measure, breakdown, key)
) WITH (fillfactor = 80);

-- Who reported: desk-days silent and expected, review cycles missed. Read for each statement, whatever its level.
CREATE INDEX ledger_reports ON oversight.ledger (pair, unit)
    WHERE grain = 1 AND breakdown = 0 AND measure IN (1, 8, 37);

-- How often the figures of a day changed, so that a board knows of a late entry without reading the figures again.
CREATE TABLE oversight.changes (
    day date PRIMARY KEY,
    n bigint NOT NULL
);

-- Days with a verified event at a place, so that a period counts each place once.
CREATE TABLE oversight.covered (
    -- Code of the village, ward or institution.
    place_code text NOT NULL,
    day date NOT NULL,
    -- The station or district that the day is counted at.
    unit text NOT NULL,
    PRIMARY KEY (place_code, day)
);

-- Signed statements. Nothing is changed or taken away: a revision is another version.
CREATE TABLE oversight.signed_statements (
    -- Order of signing.
    ord bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    unit text NOT NULL,
    day_from date NOT NULL,
    day_to date NOT NULL,
    -- Number of mahila.registry.v1.UnitKind; 0: the unit alone.
    level smallint NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    -- The statement as it was encoded.
    content bytea NOT NULL,
    content_sha256 bytea NOT NULL CHECK (length(content_sha256) = 32),
    signed_by text NOT NULL,
    -- Number of mahila.auth.v1.Role.
    role smallint NOT NULL,
    signed_at timestamptz NOT NULL,
    -- Over all of this and the hash of the version before (signing/snapshot.rs).
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    PRIMARY KEY (unit, day_from, day_to, level, version)
);
COMMENT ON TABLE oversight.signed_statements IS 'append-only';
