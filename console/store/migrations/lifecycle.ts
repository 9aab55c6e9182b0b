// The states of incidents widened: "open" is new or, with an owner, acknowledged; "quiet" is a time beside the state.
import type { Migration } from "../migrations.ts";

export const lifecycle: Migration = {
  name: "lifecycle",
  sql: `
  UPDATE incident SET json = json_set(json, '$.quietAt', changed_at) WHERE state = 'quiet';
  UPDATE incident SET state = CASE WHEN json_extract(json, '$.owner') IS NULL THEN 'new' ELSE 'acknowledged' END
    WHERE state IN ('open', 'quiet');
  UPDATE incident SET json = json_set(json, '$.state', state);
  `,
};
