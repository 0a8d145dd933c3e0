-- What names anybody is the vault's: `mahila migrate` lets the role that serves add to these tables, and a role of their own
-- (`vault_role`) read and forget. The comment says so to it. `vault.callers` stays with the role that serves: every call of a
-- control room asks it, and a keyed digest and a day name nobody.
COMMENT ON TABLE vault.data_keys IS 'vault';
COMMENT ON TABLE vault.persons IS 'vault';
COMMENT ON TABLE vault.narratives IS 'vault';
COMMENT ON TABLE vault.safe_contacts IS 'vault';
COMMENT ON TABLE vault.notes IS 'vault';
