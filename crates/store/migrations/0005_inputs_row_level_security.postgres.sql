-- The rule of migration 2 for the tables that came with migration 4.

DO $$
DECLARE
    place TEXT;
BEGIN
    FOREACH place IN ARRAY ARRAY['input_run', 'input_batch']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', place);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', place);
        EXECUTE format(
            'CREATE POLICY own_tenant ON %I USING ((SELECT current_setting(''perezvon.tenant'', true)) IN (tenant_id, ''*''))',
            place
        );
    END LOOP;
END
$$;
