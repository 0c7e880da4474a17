/**
 * The example of this repository, run as its reader runs it: in practice.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type PracticeReader,
  readPractice,
  type ReceivedRequest,
} from "~/practice/read_practice.ts";
import type { RunEvent, RunFinished } from "~/run/run_event.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { exampleFiles } from "./example_files.ts";

const LINES = "data/northwind/order_lines.csv";
const HUBSPOT = "api.hubapi.com";
const ERP = "erp.northwind.example";

Deno.test("the example has no mistake that can be known before running", async () => {
  await using project = await tempProject(await exampleFiles());

  const { code, output } = await project.run("validate");

  assert.equal(code, 0, output);
});

Deno.test("the example sends what is new, then nothing, then what changed", async (t) => {
  await using project = await tempProject(await exampleFiles());

  await t.step("the first run sends each customer alone and the orders by fifty", async () => {
    const run = await practise(project);

    assert.equal(run.status, "ok");
    assert.deepEqual(run.requests, { sent: 108, accepted: 108, refused: 0, retries: 0 });
    using practice = read(project);
    assert.equal(practice.countRequests({ host: HUBSPOT }), 91);
    assert.equal(practice.countRequests({ host: ERP }), 17);
    const orders = practice.requests({ host: ERP }).flatMap(ordersOf);
    assert.equal(new Set(orders.map((order) => order.id)).size, 830);
    assert.equal(orders.flatMap((order) => order.quantities).length, 2155);
  });

  await t.step("the second run skips every model and sends nothing", async () => {
    const run = await practise(project);

    assert.equal(run.status, "ok");
    assert.equal(run.skipped, 11);
    assert.equal(run.requests.sent, 0);
    using practice = read(project);
    assert.equal(practice.countRequests(), 108);
  });

  await t.step("one changed order line is one request, with the whole order", async () => {
    await change(project, LINES, "10248,11,14,12,0.0", "10248,11,14,13,0.0");
    const run = await practise(project);

    assert.equal(run.requests.sent, 1);
    using practice = read(project);
    assert.equal(practice.countRequests({ host: HUBSPOT }), 91);
    assert.equal(practice.countRequests({ host: ERP }), 18);
    const [newest] = practice.requests({ host: ERP }, 1);
    assert.ok(newest);
    assert.deepEqual(ordersOf(newest), [{ id: 10248, quantities: [13, 10, 5] }]);
  });

  await t.step("an order line that moves the customer's plan sends the contact too", async () => {
    await change(project, LINES, "10248,11,14,13,0.0", "10248,11,14,1200,0.0");
    const run = await practise(project);

    assert.equal(run.requests.sent, 2);
    using practice = read(project);
    const [contact] = practice.requests({ host: HUBSPOT }, 1);
    assert.match(String(contact?.body), /"plan","value":"business"/);
  });
});

/** A practice run; gives its last event. */
async function practise(project: TempProject): Promise<RunFinished> {
  const { stdout, output } = await project.run("run --practice --json");
  const events: RunEvent[] = stdout.trim().split("\n").map((line) => JSON.parse(line));
  const last = events.at(-1);
  assert.equal(last?.type, "run_finished", output);
  return last;
}

function read(project: TempProject): PracticeReader {
  const practice = readPractice(project.path(".spoor/practice.db"));
  assert.ok(practice, "nothing was practised");
  return practice;
}

/** Replaces a text that is there exactly once. */
async function change(
  project: TempProject,
  file: string,
  before: string,
  after: string,
): Promise<void> {
  const text = await project.read(file);
  assert.equal(text.split(before).length, 2, `${before} is not there once`);
  await project.write(file, text.replace(before, after));
}

interface SentOrder {
  id: unknown;
  quantities: number[];
}

/** The orders of a request to the ERP. */
function ordersOf(request: ReceivedRequest): SentOrder[] {
  const { orders } = JSON.parse(String(request.body)) as { orders: Record<string, unknown>[] };
  return orders.map((order) => ({
    id: order.order_id,
    quantities: (order.lines as { quantity: number }[]).map((line) => line.quantity),
  }));
}
