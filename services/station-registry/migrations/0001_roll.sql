-- The roll: units by date, and stations.

-- Moved by every import that changed something, so that another replica sees at a glance that its snapshot is old.
CREATE TABLE registry.roll (
    the_row boolean PRIMARY KEY DEFAULT true CHECK (the_row),
    version bigint NOT NULL CHECK (version >= 0)
);
INSERT INTO registry.roll (version) VALUES (0);

-- A unit as it was over a span of days, `valid_to` being the first day no longer covered. Spans of a unit do not overlap,
-- and a parent covers its children's spans: the import checks both over the whole roll.
CREATE TABLE registry.units (
    id text NOT NULL,
    valid_from date NOT NULL,
    valid_to date CHECK (valid_to > valid_from),
    kind smallint NOT NULL,
    name_en text NOT NULL,
    name_hi text NOT NULL,
    parent text,
    lgd_code integer NOT NULL,
    PRIMARY KEY (id, valid_from)
);

CREATE TABLE registry.stations (
    id text PRIMARY KEY,
    seq integer NOT NULL CHECK (seq > 0),
    kind smallint NOT NULL,
    name_en text NOT NULL,
    name_hi text NOT NULL,
    parent text NOT NULL,
    district text NOT NULL,
    pincode text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    valid_from date NOT NULL,
    valid_to date CHECK (valid_to > valid_from),
    synthetic boolean NOT NULL,
    source text NOT NULL,
    -- Receipts carry both, so a number is never given twice. Deferrable: one import may swap two numbers.
    CONSTRAINT stations_number UNIQUE (district, seq) DEFERRABLE
);
