/**
 * Runs that are killed while a part of a refused batch is out.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeApi, type ReceivedRequest } from "../../support/fake_api.ts";
import { killWhileOut, rowsOf, syncProject } from "../../support/sync_project.ts";

const SEND_BATCHES = `
  await query("SELECT * FROM raw.people").batches(8, async (groups) => {
    await http.post(ORIGIN + "/batch", { json: groups.map(({ key }) => key.id) });
  });
`;
const idsOf = (request: ReceivedRequest) => request.json as number[];

/** The halves go out as 1–8, 1–4, 5–8, 5–6, 5, 6, 7–8 where 6 is refused. */
for (const at of [1, 2, 3, 4, 6]) {
  Deno.test(`killed while part ${at} of a halved batch is out, that part comes again with its key`, async () => {
    await using api = await fakeApi();
    await using people = await syncProject(api, SEND_BATCHES);
    await people.setRows(["id", "name"], rowsOf(8));
    await killWhileOut(api, people, at, {
      answer: (request) => ({ status: idsOf(request).includes(6) ? 422 : 200, json: {} }),
    });
    const cut = api.requests.at(-1);

    api.clear();
    api.answer(() => ({ json: {} }));
    const second = await people.run();

    assert.equal(second.code, 0, second.output);
    const again = api.requests.filter((request) => request.key === cut?.key);
    assert.deepEqual(
      again.map(({ body }) => body),
      [cut?.body],
      JSON.stringify(api.requests.map(idsOf)),
    );
  });
}
