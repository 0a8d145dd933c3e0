-- Complaints without identity in `intake`; identity, sealed, in `vault`. Nothing joins the two but the complaint's id.

-- The last serial that a station gave out in a year (IST) of its receipts; a district's queue counts as station ''.
CREATE TABLE intake.serials (
    district text NOT NULL,
    station text NOT NULL,
    year smallint NOT NULL,
    last integer NOT NULL CHECK (last > 0),
    PRIMARY KEY (district, station, year)
);

CREATE TABLE intake.complaints (
    -- UUIDv4: it leaves the service, so it tells nothing.
    id uuid PRIMARY KEY,
    -- The order in which they were written down; never leaves the service.
    ord bigint GENERATED ALWAYS AS IDENTITY,
    receipt_no text NOT NULL UNIQUE,
    -- Where it was recorded; '': the district's queue.
    station text NOT NULL,
    -- The district of the station on that day: where the journal counts it.
    district text NOT NULL,
    channel smallint NOT NULL,
    category smallint NOT NULL,
    -- Null: not assessed.
    risk smallint,
    handling_state smallint NOT NULL,
    case_state smallint NOT NULL,
    conflict_with_station boolean NOT NULL,
    received_at timestamptz NOT NULL,
    -- The IST day of received_at, for filters and for the journal.
    received_day date NOT NULL,
    first_word_at timestamptz NOT NULL CHECK (first_word_at <= received_at),
    assignee text,
    -- Its number in a paper register: only then was it imported.
    register_no text,
    contact_mode smallint NOT NULL,
    needs_support boolean NOT NULL,
    -- A child, or of unknown age where the law asks for age.
    child boolean NOT NULL,
    -- A woman officer has recorded or met her (BNSS 173(1), first proviso).
    heard_by_woman boolean NOT NULL,
    -- A woman officer recorded it, as its first entry in the journal says. Unless somebody says so, none did.
    recorded_by_woman boolean NOT NULL DEFAULT false,
    law_sections text[] NOT NULL,
    acknowledged boolean NOT NULL,
    -- Actions recorded so far that are not steps in law.
    actions integer NOT NULL,
    -- Kinds of the steps in law recorded so far.
    legal_actions smallint[] NOT NULL,
    -- After the FIR she was told how it goes (BNSS 193(3)(ii)).
    progress_told boolean NOT NULL,
    -- She said so, alone, to a woman from outside: what is missing is the final report.
    satisfied boolean NOT NULL,
    recorded_by text NOT NULL,
    visit uuid,
    -- The event of a campaign at which she asked for help (channel 13), told with her consent.
    campaign uuid,
    campaign_event uuid,
    -- When it next asks for work, and by which limit; null: nothing waits, or it is a direction that waits. Kept with limits and
    -- directions, so that work lists due-first.
    next_due_at timestamptz,
    next_code smallint,
    version bigint NOT NULL CHECK (version > 0),
    CHECK (next_due_at IS NOT NULL OR next_code IS NULL),
    CHECK ((campaign IS NULL) = (campaign_event IS NULL)),
    CHECK ((campaign IS NOT NULL) = (channel = 13)),
    -- Disposed is the end, and with an FIR it needs the final report (kind 9); see complaints/state.rs.
    CHECK (handling_state <> 6 OR case_state NOT IN (4, 5))
);
CREATE UNIQUE INDEX complaints_ord ON intake.complaints (ord);
CREATE UNIQUE INDEX complaints_once_in_register ON intake.complaints (station, register_no) WHERE register_no IS NOT NULL;
CREATE INDEX complaints_of_station ON intake.complaints (station, ord DESC);
CREATE INDEX complaints_of_district_queue ON intake.complaints (district, ord DESC) WHERE station = '';
CREATE INDEX complaints_due ON intake.complaints (next_due_at, id) WHERE next_due_at IS NOT NULL;

-- Limits. No foreign key: four or five rows a complaint on the hottest path, written by the statement that writes it.
CREATE TABLE intake.clocks (
    complaint uuid NOT NULL,
    code smallint NOT NULL,
    started_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL CHECK (due_at >= started_at),
    -- After this instant, if it still runs, it was not met in time; later than due_at only for what is due "forthwith".
    breach_at timestamptz NOT NULL CHECK (breach_at >= due_at),
    stopped_at timestamptz,
    breached boolean NOT NULL,
    statutory boolean NOT NULL,
    PRIMARY KEY (complaint, code)
);
-- What the sweep walks.
CREATE INDEX clocks_running ON intake.clocks (breach_at, complaint, code) WHERE stopped_at IS NULL AND NOT breached;

CREATE TABLE intake.actions (
    id uuid PRIMARY KEY,
    complaint uuid NOT NULL REFERENCES intake.complaints,
    kind smallint NOT NULL,
    by_post text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX actions_of_complaint ON intake.actions (complaint, at);

CREATE TABLE intake.legal_actions (
    complaint uuid NOT NULL REFERENCES intake.complaints,
    kind smallint NOT NULL,
    -- As it was issued elsewhere (CCTNS).
    number text NOT NULL,
    day date NOT NULL,
    by_post text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (complaint, kind, number)
);

-- Decisions of reviews that took effect here. The key is review's: told again, from whatever history of its journal, a
-- decision is known. Rows are never taken back.
CREATE TABLE intake.directions (
    decision uuid PRIMARY KEY,
    complaint uuid NOT NULL REFERENCES intake.complaints,
    -- The order in which they took effect; never leaves the service.
    ord bigint GENERATED ALWAYS AS IDENTITY,
    kind smallint NOT NULL,
    level smallint NOT NULL,
    -- The IST day of the decision.
    day date NOT NULL,
    -- Something was done since that answers it; see directions/direction.rs.
    followed boolean NOT NULL
);
-- Kind 1 goes on as before, kind 9 (an enquiry into an officer) is followed elsewhere: neither stands on the complaint.
CREATE INDEX directions_of_complaint ON intake.directions (complaint, ord) WHERE kind NOT IN (1, 9);

CREATE TABLE intake.feedback (
    id uuid PRIMARY KEY,
    complaint uuid NOT NULL REFERENCES intake.complaints,
    reached boolean NOT NULL,
    in_private boolean NOT NULL,
    satisfied boolean NOT NULL,
    by_post text NOT NULL,
    by_woman boolean NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX feedback_of_complaint ON intake.feedback (complaint, at);

-- Identity, sealed. A subject is a complaint or a call; its data key opens everything of it, and forgetting destroys that
-- key alone. What can be read here without a key: how many persons, and in which part.
CREATE TABLE vault.data_keys (
    subject uuid PRIMARY KEY,
    -- Wrapped by the key-encryption key whose id stands in its header.
    wrapped bytea NOT NULL
);

CREATE TABLE vault.persons (
    subject uuid NOT NULL,
    -- Place in the order in which they were told, from 1.
    place smallint NOT NULL,
    role smallint NOT NULL,
    -- Name, phone, address, age.
    sealed bytea NOT NULL,
    -- Keyed digest of the phone: finds who called before, and tells nothing without the key.
    phone_index bytea CHECK (length(phone_index) = 32),
    PRIMARY KEY (subject, place)
);
CREATE INDEX persons_by_phone ON vault.persons (phone_index) WHERE phone_index IS NOT NULL;

-- What happened, in her words.
CREATE TABLE vault.narratives (
    subject uuid PRIMARY KEY,
    sealed bytea NOT NULL
);

-- When and how she may be reached: hours, number, words. The mode alone stands with the complaint.
CREATE TABLE vault.safe_contacts (
    subject uuid PRIMARY KEY,
    sealed bytea NOT NULL
);

-- Words about an action or a feedback call.
CREATE TABLE vault.notes (
    -- The action's or the feedback's id.
    id uuid PRIMARY KEY,
    subject uuid NOT NULL,
    sealed bytea NOT NULL
);
CREATE INDEX notes_of_subject ON vault.notes (subject);
