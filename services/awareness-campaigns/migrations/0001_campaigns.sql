-- Awareness campaigns. No table here holds a person: counts, titles of events, names of places and organisations.

-- Phases of Mission Shakti. Days that no source tells are null; each row says where it comes from.
CREATE TABLE campaigns.phases (
    id text PRIMARY KEY,
    number smallint NOT NULL UNIQUE,
    name_en text NOT NULL,
    name_hi text NOT NULL,
    first_day date,
    last_day date,
    source text NOT NULL,
    CHECK (last_day >= first_day)
);
INSERT INTO campaigns.phases (id, number, name_en, name_hi, first_day, last_day, source) VALUES
    ('mission-shakti-1', 1, 'Mission Shakti, phase 1', 'मिशन शक्ति, प्रथम चरण', '2020-10-17', '2021-04-14',
     'From Sharadiya Navratri, "180 days", to Basantik Navratri: The Logical Indian, Dainik Hindustan, October 2020'),
    -- "First and second phase" is all that was found of it; its days were between those of its neighbours.
    ('mission-shakti-2', 2, 'Mission Shakti, phase 2', 'मिशन शक्ति, द्वितीय चरण', NULL, NULL,
     'Named without days: GS Times, current affairs, Mission Shakti 3'),
    ('mission-shakti-3', 3, 'Mission Shakti, phase 3', 'मिशन शक्ति, तृतीय चरण', '2021-08-21', '2021-12-31',
     'Hindustan Times, 21 August 2021'),
    -- When it ended was not found.
    ('mission-shakti-4', 4, 'Mission Shakti, phase 4', 'मिशन शक्ति, चतुर्थ चरण', '2023-10-14', NULL,
     'Hindustan Times, 14 October 2023'),
    ('mission-shakti-5', 5, 'Mission Shakti, phase 5', 'मिशन शक्ति, पंचम चरण', '2025-09-22', '2025-10-21',
     '30 days from 22 September 2025: LatestLY, Devdiscourse');

-- Organisations that hold events with the police.
CREATE TABLE campaigns.partners (
    -- UUIDv4: it leaves the service, so it tells nothing.
    id uuid PRIMARY KEY,
    -- The order in which they were registered; leaves the service in page tokens alone.
    ord bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    display_name text NOT NULL,
    kind smallint NOT NULL,
    registration_no text NOT NULL,
    mou_valid_to date NOT NULL,
    -- It may be given events at stations of this unit.
    unit text NOT NULL,
    vetting_state smallint NOT NULL,
    suspension_reason smallint,
    registered_by text NOT NULL,
    vetted_by text,
    version bigint NOT NULL CHECK (version > 0),
    CONSTRAINT partners_once_in_unit UNIQUE (unit, registration_no),
    -- SUSPENDED (3) says why; VETTED (2) was another's doing.
    CHECK ((vetting_state = 3) = (suspension_reason IS NOT NULL)),
    CHECK (vetting_state <> 2 OR (vetted_by IS NOT NULL AND vetted_by <> registered_by))
);

CREATE TABLE campaigns.campaigns (
    id uuid PRIMARY KEY,
    ord bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    phase text NOT NULL REFERENCES campaigns.phases,
    theme_en text NOT NULL,
    theme_hi text NOT NULL,
    goal_events integer NOT NULL CHECK (goal_events >= 0),
    goal_women integer NOT NULL CHECK (goal_women >= 0),
    goal_places integer NOT NULL CHECK (goal_places >= 0),
    -- Its events are held at stations of this unit.
    unit text NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL CHECK (last_day >= first_day),
    created_by text NOT NULL,
    version bigint NOT NULL CHECK (version > 0)
);

CREATE TABLE campaigns.events (
    id uuid PRIMARY KEY,
    campaign uuid NOT NULL REFERENCES campaigns.campaigns,
    title text NOT NULL,
    kind smallint NOT NULL,
    station text NOT NULL,
    -- The station's district on the day it was proposed: where the journal counts it.
    district text NOT NULL,
    venue text NOT NULL,
    -- '': the place has none.
    place_code text NOT NULL,
    -- Ten-millionths of a degree.
    latitude_e7 integer CHECK (latitude_e7 BETWEEN -900000000 AND 900000000),
    longitude_e7 integer CHECK (longitude_e7 BETWEEN -1800000000 AND 1800000000),
    -- 0: not known.
    capacity integer NOT NULL CHECK (capacity >= 0),
    partner uuid REFERENCES campaigns.partners,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    -- The IST day it is planned for.
    day date NOT NULL,
    state smallint NOT NULL,
    -- With REJECTED, CANCELLED and DISPUTED: why, by the list of that state.
    reason smallint,
    created_by text NOT NULL,
    decided_by text,
    reported_by text,
    started_at timestamptz,
    ended_at timestamptz,
    -- When it began: as reported, and as planned until then; and the hour of India's clock that holds it.
    begins_at timestamptz NOT NULL,
    begins_hour timestamptz NOT NULL,
    -- Women, girls, men, others: claimed, and found.
    claimed integer[] CHECK (cardinality(claimed) = 4),
    leads integer,
    verified_by text,
    found integer[] CHECK (cardinality(found) = 4),
    version bigint NOT NULL CHECK (version > 0),
    CHECK (ends_at > starts_at),
    CHECK ((latitude_e7 IS NULL) = (longitude_e7 IS NULL)),
    CHECK ((state IN (5, 7, 8)) = (reason IS NOT NULL)),
    -- REPORTED (3), VERIFIED (4), DISPUTED (5): somebody claimed it.
    CHECK ((state IN (3, 4, 5)) = (claimed IS NOT NULL)),
    CHECK ((claimed IS NULL) = (reported_by IS NULL) AND (claimed IS NULL) = (started_at IS NULL)
           AND (claimed IS NULL) = (ended_at IS NULL) AND (claimed IS NULL) = (leads IS NULL)),
    CHECK ((state = 4) = (found IS NOT NULL)),
    -- Nobody decides on or checks her own.
    CHECK (decided_by <> created_by),
    CHECK (verified_by <> created_by AND verified_by <> reported_by)
);
CREATE INDEX events_of_campaign ON campaigns.events (campaign, starts_at, id);
CREATE INDEX events_of_station ON campaigns.events (station, starts_at, id);
CREATE INDEX events_of_partner ON campaigns.events (partner, starts_at, id) WHERE partner IS NOT NULL;
CREATE INDEX events_at_place ON campaigns.events (station, place_code, begins_at);
-- What the sweep walks: APPROVED.
CREATE INDEX events_unreported ON campaigns.events (ends_at, id) WHERE state = 2;
-- An event is held once: VERIFIED.
CREATE UNIQUE INDEX events_held_once ON campaigns.events (station, place_code, kind, begins_hour) WHERE state = 4;

CREATE TABLE campaigns.evidence (
    -- The order in which it came.
    ord bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event uuid NOT NULL REFERENCES campaigns.events,
    kind smallint NOT NULL,
    -- Of the file, which stays where it was made; null exactly for a location (kind 2).
    sha256 bytea CHECK (length(sha256) = 32),
    captured_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL CHECK (received_at >= captured_at),
    latitude_e7 integer,
    longitude_e7 integer,
    accuracy_m integer,
    mock boolean,
    attached_by text NOT NULL,
    CHECK ((sha256 IS NULL) = (kind = 2)),
    CHECK ((latitude_e7 IS NULL) = (longitude_e7 IS NULL) AND (latitude_e7 IS NULL) = (accuracy_m IS NULL)
           AND (latitude_e7 IS NULL) = (mock IS NULL))
);
CREATE INDEX evidence_of_event ON campaigns.evidence (event, ord);
-- The same file twice under one event is no second proof.
CREATE UNIQUE INDEX evidence_once ON campaigns.evidence (event, kind, sha256) WHERE sha256 IS NOT NULL;
-- The same photograph under another event: PHOTO.
CREATE INDEX evidence_photos ON campaigns.evidence (sha256) WHERE kind = 1;
