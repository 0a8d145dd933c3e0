-- What the door for writes adds to every transaction, and the only way into the journal: kept answers, then entries, numbered and
-- chained after the head, which is locked until COMMIT. A function, so that a command which has one statement can end it here.
--
-- A column each; the entries' bodies are what their hashes are made of, but for the hash and the number before them (journal.rs).
-- Gives the number of the newest entry; null, where there is none.
CREATE FUNCTION platform.append(
    callers text[], methods text[], request_ids uuid[], digests bytea[], effects bytea[],
    kinds text[], subjects text[], payloads bytea[], actors text[], traceparents text[], bodies bytea[],
    instant timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint;
    newest bigint;
    chain bytea;
    body bytea;
    hashes bytea[] := '{}';
BEGIN
    INSERT INTO platform.idempotency (caller, method, request_id, digest, effect, at)
    SELECT kept.*, instant FROM unnest(callers, methods, request_ids, digests, effects) AS kept;
    IF cardinality(kinds) = 0 THEN
        RETURN NULL;
    END IF;

    SELECT seq, hash INTO STRICT before, chain FROM platform.journal_head FOR UPDATE;
    newest := before;
    FOREACH body IN ARRAY bodies LOOP
        newest := newest + 1;
        chain := sha256(chain || int8send(newest) || body);
        hashes[newest - before] := chain;
    END LOOP;
    INSERT INTO platform.journal (seq, kind, subject, payload, actor, at, traceparent, hash)
    SELECT before + place, kind, subject, payload, actor, instant, traceparent, hash
    FROM unnest(kinds, subjects, payloads, actors, traceparents, hashes)
         WITH ORDINALITY AS entry (kind, subject, payload, actor, traceparent, hash, place);
    UPDATE platform.journal_head SET seq = newest, hash = chain;
    RETURN newest;
END
$$;

-- For a statement that was made on an assumption: where it does not hold, nothing of the statement may stand, and the writer
-- does it again without assuming.
CREATE FUNCTION platform.assumption_failed() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RAISE serialization_failure USING MESSAGE = 'what this statement assumed does not hold';
END
$$;
