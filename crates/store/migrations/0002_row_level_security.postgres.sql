-- Row-level security, PostgreSQL's alone: on a connection only the rows of the tenant that it names are there, whatever
-- a statement says or forgets to say. `*` stands for all tenants; a connection that names nobody sees no row.
-- Superusers are not held to it: the server shall connect as a role that is none. The setting is read in a query of its
-- own, so that it is read once for a statement and not for each row.

DO $$
DECLARE
    place RECORD;
BEGIN
    FOR place IN
        SELECT table_name AS name, column_name AS tenant FROM information_schema.columns
        WHERE table_schema = current_schema AND (column_name = 'tenant_id' OR (table_name, column_name) = ('tenant', 'id'))
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', place.name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', place.name);
        EXECUTE format(
            'CREATE POLICY own_tenant ON %I USING ((SELECT current_setting(''perezvon.tenant'', true)) IN (%I, ''*''))',
            place.name, place.tenant
        );
    END LOOP;
END
$$;
