-- What every service's database holds beside its own tables. See ARCHITECTURE.md, "The door for writes".

-- A real database refuses the replay clock; a simulated one says so in every statement. Marked once, at first use.
CREATE TABLE platform.deployment (
    the_row boolean PRIMARY KEY DEFAULT true CHECK (the_row),
    simulated boolean NOT NULL,
    marked_at timestamptz NOT NULL DEFAULT now()
);

-- Where the replay clock of a simulated deployment stands.
CREATE TABLE platform.replay_clock (
    the_row boolean PRIMARY KEY DEFAULT true CHECK (the_row),
    instant timestamptz NOT NULL
);

-- One row, locked last by every writing transaction: order of commit = order of seq, without a gap.
CREATE TABLE platform.journal_head (
    the_row boolean PRIMARY KEY DEFAULT true CHECK (the_row),
    seq bigint NOT NULL CHECK (seq >= 0),
    hash bytea NOT NULL CHECK (length(hash) = 32)
);
INSERT INTO platform.journal_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- An epoch is one unbroken history. A restore from an older backup opens the next one, which keeps the entries up to `begins_after`.
CREATE TABLE platform.epochs (
    number integer PRIMARY KEY,
    epoch uuid NOT NULL UNIQUE,
    begins_after bigint NOT NULL CHECK (begins_after >= 0),
    -- The identity of the cluster, timeline and database that it was opened on.
    cluster text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now()
);

-- Feed, audit trail and outbox at once. Append-only: the app role may not update or delete.
CREATE TABLE platform.journal (
    seq bigint PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    payload bytea NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL,
    traceparent text NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32)
);

-- An answer given once is given again. Keys are never dropped with the rows they made.
CREATE TABLE platform.idempotency (
    caller text NOT NULL,
    method text NOT NULL,
    request_id uuid NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    effect bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (caller, method, request_id)
);

-- How far this service has followed others; moved in the transaction that applies the entries.
CREATE TABLE platform.positions (
    source text PRIMARY KEY,
    epoch text NOT NULL,
    position bigint NOT NULL CHECK (position >= 0)
);

-- Units and stations as the registry told of them (empty in the registry itself).
CREATE TABLE platform.directory_units (
    id text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    kind smallint NOT NULL,
    name_en text NOT NULL,
    name_hi text NOT NULL,
    parent text,
    lgd_code integer NOT NULL,
    PRIMARY KEY (id, valid_from)
);
CREATE TABLE platform.directory_stations (
    id text PRIMARY KEY,
    seq integer NOT NULL,
    kind smallint NOT NULL,
    name_en text NOT NULL,
    name_hi text NOT NULL,
    parent text NOT NULL,
    district text NOT NULL,
    pincode text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    synthetic boolean NOT NULL,
    source text NOT NULL
);
