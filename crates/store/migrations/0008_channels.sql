-- What an agent carries at once, as JSON (`model::channel::Capacity`). Empty: of a company, the default; of a person, as
-- the company has it.
ALTER TABLE tenant ADD COLUMN capacity TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN capacity TEXT NOT NULL DEFAULT '';
-- A chat or a mail comes without a flow.
ALTER TABLE interaction ADD COLUMN came_by_flow TEXT;
UPDATE interaction SET came_by_flow = flow_id;
ALTER TABLE interaction DROP COLUMN flow_id;
ALTER TABLE interaction RENAME COLUMN came_by_flow TO flow_id;
