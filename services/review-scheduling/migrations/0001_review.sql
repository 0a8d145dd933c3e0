-- Reviews without identity: complaints are known by an id that tells nothing. See the rooms of src/ for what rows mean.

-- How a level reviews, from a day on. Never changed once a cycle follows it.
CREATE TABLE review.policies (
    level smallint NOT NULL,
    valid_from date NOT NULL,
    every_days integer NOT NULL CHECK (every_days > 0),
    lasts_days integer NOT NULL CHECK (lasts_days BETWEEN 1 AND every_days),
    quota integer NOT NULL CHECK (quota > 0),
    random_minimum integer NOT NULL CHECK (random_minimum BETWEEN 0 AND quota),
    max_deferrals integer NOT NULL CHECK (max_deferrals >= 0),
    quorum integer NOT NULL CHECK (quorum > 0),
    min_gap_days integer NOT NULL CHECK (min_gap_days >= 0),
    action_days integer NOT NULL CHECK (action_days > 0),
    put_by text NOT NULL,
    put_at timestamptz NOT NULL,
    PRIMARY KEY (level, valid_from)
);

-- What intake's journal tells of complaints: forgotten and learnt anew whenever that journal begins a new epoch.
CREATE TABLE review.pool (
    complaint uuid PRIMARY KEY,
    -- '': hidden from its station, or in a district's queue.
    station text NOT NULL,
    district text NOT NULL,
    -- The station that turned out to be a party to it; '': none, or never told.
    hidden_from text NOT NULL,
    registered_day date NOT NULL,
    imported boolean NOT NULL,
    handling_state smallint NOT NULL,
    -- Null: not assessed.
    risk smallint,
    -- Reopened, or she said that she is not satisfied; until she says that she is.
    reopened boolean NOT NULL,
    -- The first statutory limit that passed.
    breached_day date,
    -- The earliest of its running statutory limits.
    due_day date
);
CREATE INDEX pool_of_station ON review.pool (station);
CREATE INDEX pool_of_district ON review.pool (district);

CREATE TABLE review.cycles (
    id uuid PRIMARY KEY,
    -- The order in which they were planned; never leaves the service but in page tokens.
    ord bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    level smallint NOT NULL,
    -- The unit, or the station.
    unit text NOT NULL,
    from_day date NOT NULL,
    to_day date NOT NULL CHECK (to_day >= from_day),
    -- The first day of the cycle after it: a statutory limit due before it counts.
    next_day date NOT NULL CHECK (next_day > from_day),
    policy_from date NOT NULL,
    -- A missed cycle is made up for once.
    makes_up_for uuid UNIQUE REFERENCES review.cycles,
    state smallint NOT NULL,
    seed_sha256 bytea NOT NULL CHECK (length(seed_sha256) = 32),
    -- From its opening.
    eligible integer,
    shortfall smallint,
    docket_sha256 bytea CHECK (length(docket_sha256) = 32),
    opened_on date,
    closed_on date,
    FOREIGN KEY (level, policy_from) REFERENCES review.policies (level, valid_from),
    CHECK ((docket_sha256 IS NULL) = (eligible IS NULL)),
    CHECK ((docket_sha256 IS NULL) = (opened_on IS NULL)),
    CHECK ((state >= 4) = (closed_on IS NOT NULL))
);
-- What two replicas that plan the same period run into.
CREATE UNIQUE INDEX cycles_once ON review.cycles (level, from_day, unit) WHERE makes_up_for IS NULL;
CREATE INDEX cycles_of_unit ON review.cycles (unit, ord DESC);
-- What the tasks walk.
CREATE INDEX cycles_planned ON review.cycles (from_day) WHERE state = 1;
CREATE INDEX cycles_unclosed ON review.cycles (to_day) WHERE state < 4;

-- Seeds, apart from everything that is read: they leave the service when their cycle is closed, and never before.
CREATE TABLE review.seeds (
    cycle uuid PRIMARY KEY REFERENCES review.cycles,
    seed bytea NOT NULL CHECK (length(seed) = 32)
);

-- What the selection looked at, frozen: records as src/docket/digest.rs writes them.
CREATE TABLE review.candidates (
    cycle uuid PRIMARY KEY REFERENCES review.cycles,
    records bytea NOT NULL,
    sha256 bytea NOT NULL CHECK (length(sha256) = 32)
);

CREATE TABLE review.sittings (
    id uuid PRIMARY KEY,
    -- The order in which they were convened; never leaves the service.
    ord bigint GENERATED ALWAYS AS IDENTITY,
    cycle uuid NOT NULL REFERENCES review.cycles,
    chair text NOT NULL,
    quorum text[] NOT NULL,
    state smallint NOT NULL,
    convened_at timestamptz NOT NULL,
    signed_by text,
    signed_at timestamptz,
    decided_within_seconds bigint NOT NULL,
    most_decisions_in_a_minute integer NOT NULL,
    minutes_sha256 bytea CHECK (length(minutes_sha256) = 32),
    CHECK ((state = 2) = (signed_by IS NOT NULL AND signed_at IS NOT NULL AND minutes_sha256 IS NOT NULL)),
    CHECK (signed_by IS DISTINCT FROM chair)
);
CREATE INDEX sittings_of_cycle ON review.sittings (cycle, ord);
-- One at a time.
CREATE UNIQUE INDEX sittings_convened ON review.sittings (cycle) WHERE state = 1;

CREATE TABLE review.items (
    cycle uuid NOT NULL REFERENCES review.cycles,
    -- From 1.
    number integer NOT NULL CHECK (number > 0),
    complaint uuid NOT NULL,
    stratum smallint NOT NULL,
    carried smallint,
    -- The day that put it on the docket.
    day date NOT NULL,
    -- So often it was put off at this level before.
    deferrals integer NOT NULL,
    state smallint NOT NULL,
    decision uuid,
    decision_kind smallint,
    deferral_reason smallint,
    goes_up boolean NOT NULL,
    sitting uuid REFERENCES review.sittings,
    taken_at timestamptz,
    taken_on date,
    PRIMARY KEY (cycle, number),
    UNIQUE (cycle, complaint),
    CHECK ((state = 2) = (decision IS NOT NULL AND decision_kind IS NOT NULL AND sitting IS NOT NULL)),
    CHECK ((state = 3) = (deferral_reason IS NOT NULL))
);
-- What was reviewed lately.
CREATE INDEX items_reviewed ON review.items (complaint, taken_on) WHERE state = 2;
CREATE INDEX items_of_sitting ON review.items (sitting) WHERE sitting IS NOT NULL;

-- What is carried: to the next docket of this level or, where the case has no unit or the level no policy, above it.
CREATE TABLE review.carried (
    complaint uuid NOT NULL,
    level smallint NOT NULL,
    reason smallint NOT NULL,
    deferrals integer NOT NULL,
    PRIMARY KEY (complaint, level)
);

CREATE TABLE review.action_items (
    id uuid PRIMARY KEY,
    cycle uuid NOT NULL,
    number integer NOT NULL,
    complaint uuid NOT NULL,
    kind smallint NOT NULL,
    owner text NOT NULL,
    due_day date NOT NULL,
    state smallint NOT NULL,
    -- Its due day passed before it was verified. Stays true.
    overdue boolean NOT NULL,
    claimed_by text,
    verified_by text,
    UNIQUE (cycle, number),
    FOREIGN KEY (cycle, number) REFERENCES review.items (cycle, number)
);
CREATE INDEX action_items_by_due_day ON review.action_items (due_day, id);
-- What the selection looks for (state 3: verified).
CREATE INDEX action_items_owed ON review.action_items (complaint, due_day) WHERE state <> 3;
-- What the sweep walks.
CREATE INDEX action_items_unswept ON review.action_items (due_day, id) WHERE state <> 3 AND NOT overdue;
