-- Visits and calls, without identity; and the days on which phones called, by their keyed digests.

CREATE TABLE intake.visits (
    id uuid PRIMARY KEY,
    station text NOT NULL,
    arrived_at timestamptz NOT NULL,
    -- Null exactly when she left unserved (outcome 4).
    served_at timestamptz,
    outcome smallint NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL,
    -- The IST day she came.
    day date NOT NULL,
    CHECK (arrived_at <= recorded_at),
    CHECK (served_at >= arrived_at),
    CHECK ((served_at IS NULL) = (outcome = 4))
);

-- One row an event of a control room, as its newest revision tells it.
CREATE TABLE intake.calls (
    id uuid PRIMARY KEY,
    -- The control room, and its id of the event: the key by which a report is known again.
    source text NOT NULL,
    event_id text NOT NULL,
    revision integer NOT NULL CHECK (revision > 0),
    -- What several calls may be about; of a call alone, its own event.
    incident text NOT NULL,
    -- Null: placed in a district, or nowhere.
    station text,
    district text,
    category smallint NOT NULL,
    received_at timestamptz NOT NULL,
    dispatched_at timestamptz,
    arrived_at timestamptz,
    closed_at timestamptz,
    -- The IST day of the first word. A revision does not move it.
    day date NOT NULL,
    safe_to_call_back boolean NOT NULL,
    silent boolean NOT NULL,
    -- She asked, or a cognizable offence was disclosed, in this revision or an earlier one.
    complaint_wanted boolean NOT NULL,
    -- What it became.
    complaint uuid,
    -- How it was counted at its first word; see calls/book.rs.
    opens_incident boolean NOT NULL,
    days_since_caller_called integer CHECK (days_since_caller_called >= 0),
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL,
    UNIQUE (source, event_id),
    CHECK (station IS NULL OR district IS NOT NULL)
);
CREATE INDEX calls_of_incident ON intake.calls (source, incident);

-- The IST days on which a phone called, by its keyed digest: callers are counted once a period.
CREATE TABLE vault.callers (
    phone_index bytea NOT NULL CHECK (length(phone_index) = 32),
    day date NOT NULL,
    PRIMARY KEY (phone_index, day)
);
