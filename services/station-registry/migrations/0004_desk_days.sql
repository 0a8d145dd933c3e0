-- Signs of life of a desk's device, by its own clock. The key is also the way to count a day's.
CREATE TABLE registry.heartbeats (
    station text NOT NULL REFERENCES registry.desks (station),
    captured_at timestamptz NOT NULL,
    device text NOT NULL,
    queue_depth integer NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (station, captured_at, device)
);

-- One row a desk and day. Its figures are written once, when the day is closed; until then its status is 1, expected.
CREATE TABLE registry.desk_days (
    day date NOT NULL,
    station text NOT NULL REFERENCES registry.desks (station),
    status smallint NOT NULL,
    check_ins_expected integer NOT NULL DEFAULT 0,
    check_ins integer NOT NULL DEFAULT 0,
    service_minutes integer NOT NULL DEFAULT 0,
    two_women_minutes integer NOT NULL DEFAULT 0,
    heartbeats integer NOT NULL DEFAULT 0,
    closed_at timestamptz,
    PRIMARY KEY (day, station),
    CHECK ((status = 1) = (closed_at IS NULL))
);

-- What is to be closed, and what a changed roll withdraws.
CREATE INDEX desk_days_open ON registry.desk_days (day, station) WHERE status = 1;
