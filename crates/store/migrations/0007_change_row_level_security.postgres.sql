-- The rule of migration 2 for the table that came with migration 6.

ALTER TABLE change ENABLE ROW LEVEL SECURITY;
ALTER TABLE change FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON change USING ((SELECT current_setting('perezvon.tenant', true)) IN (tenant_id, '*'));
