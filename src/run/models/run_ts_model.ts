/**
 * Runs a TypeScript model: hands its guest what it needs, lets it run to its end, and takes what it made.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { Model } from "~/model/model.ts";
import { VerifiedChanges } from "~/run/earlier/verified_changes.ts";
import { GuestFiles } from "~/run/guest/guest_files.ts";
import { type GuestOutcome, GuestSession } from "~/run/guest/guest_session.ts";
import { type ReadableFile, ReadableFiles } from "~/run/guest/readable_files.ts";
import { EarlierAnswers } from "~/run/requests/earlier_answers.ts";
import { GuestHttp } from "~/run/requests/guest_http.ts";
import { RequestPlanning } from "~/run/requests/request_planning.ts";
import type { PlanGate } from "~/run/requests/refuse_unplanned.ts";
import type { RequestRecordContext } from "~/run/requests/request_record.ts";
import type { RunContext } from "~/run/run_context.ts";
import type { VerifiedGroups } from "~/run/run_event.ts";
import type { GuestLink } from "~/sandbox/guest_link.ts";
import { serveModules } from "~/sandbox/modules/serve_modules.ts";
import type { GuestStart, UnsettledMessage } from "~/sandbox/protocol.ts";
import { lookForLostState } from "~/state/lost_state.ts";
import { loadKeyNames } from "~/store/changes/key_names.ts";
import { OpenRequests } from "~/store/changes/open_requests.ts";
import { RequestLog } from "~/store/changes/request_log.ts";
import { loadFileStates } from "~/store/file_states.ts";
import { ensureLookup } from "~/tracked/accept/target_view.ts";
import { sumAcceptedAhead } from "~/tracked/compare/accepted_sums.ts";
import { noteWorking } from "~/store/working_definitions.ts";
import { inTransaction } from "~/warehouse/transaction.ts";
import { isSource } from "./decide_step.ts";
import type { ModelWishes } from "./model_wishes.ts";
import { tellOfNothingDone } from "./nothing_done.ts";
import { readOtherInputs, rememberInputs } from "./other_inputs.ts";
import { type ModelSecrets, readSecrets } from "./secrets.ts";
import { saveStep, type Step, type StepOutcome } from "./step.ts";
import { outcomeOf } from "./ts_outcome.ts";

/** `@timeout` where the model gives none. */
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_RETRIES = 5;

/**
 * Runs it once.
 *
 * @param guest Its process, started and not listened to yet.
 * @throws {UserError} The model cannot be started: a module, a secret that is not set.
 */
export async function runTsModel(
  context: RunContext,
  step: Step,
  guest: GuestLink,
): Promise<StepOutcome> {
  const { model } = step;
  refuseLostState(context, step);
  for (const table of step.tracked) ensureLookup(context.db, table);
  const secrets = readSecrets(context, model);
  const readable = new ReadableFiles(context.root, model.directives.allowRead ?? []);
  const isInbound = model.kind === "tracked" && model.references.length === 0;
  // Taken now: a file that changes while the model runs is read again by the next run.
  const inputs = readOtherInputs(context, model);
  const isOnlyMoved = isInbound && !isDefinitionNew(step);
  const before = isOnlyMoved ? loadFileStates(context.db, model.name) : undefined;
  const files = new GuestFiles(readable, before);
  const http = await makeHttp(context, model, secrets, step.wishes);
  const verified = new VerifiedChanges(context, model, step.wishes, secrets.mask);
  const session = new GuestSession({
    context,
    model,
    start: await makeStart(context, model, secrets, verified.messages),
    guest,
    verified,
    http,
    files,
    modelTimeoutMs: model.directives.modelTimeoutMs,
    wishes: step.wishes,
    mask: secrets.mask,
  });
  // Its process takes a moment to start; what its comparison needs in any case is made meanwhile.
  if (model.kind === "tracked" && !isInbound) {
    setImmediate(() => sumAcceptedAhead(context.db, model.name));
  }
  const ended = await session.run();
  context.plan?.of(model.name).notVerified(verified.told.not_asked ?? 0);

  const remember = (outcome: StepOutcome) => {
    if (outcome.status !== "ok") return;
    const read = isInbound ? readByInbound(inputs.files, files) : inputs.files;
    rememberInputs(context, model, { ...inputs, files: read });
  };
  const outcome = finish(context, step, { ...ended, verified: verified.told }, http, remember);
  tellOfNothingDone(context, step, ended, outcome);
  return outcome;
}

/** A model that would send everything a second time is not started. `--resend` says that it is meant. */
function refuseLostState({ db, isOfProject, stateOption }: RunContext, step: Step): void {
  const { kind, directives, references } = step.model;
  if (kind !== "tracked" || !directives.allowNet || references.length === 0) return;
  if (step.wishes.resend || step.wishes.adopt) return;
  const lost = lookForLostState(db, step.model, isOfProject, stateOption);
  if (lost) throw lost;
}

/** What it has listed and not left; of what it has not listed, all that it may read. */
function readByInbound(
  covered: readonly ReadableFile[],
  { listed, left }: GuestFiles,
): ReadableFile[] {
  const read = new Map(covered.map((file) => [file.path, file]));
  for (const [path, file] of listed) read.set(path, file);
  for (const path of left) read.delete(path);
  return [...read.values()];
}

/** Another definition reads all files anew. */
function isDefinitionNew({ model, state }: Step): boolean {
  return state?.fingerprint !== model.fingerprint;
}

function finish(
  context: RunContext,
  step: Step,
  ended: GuestOutcome & { verified: VerifiedGroups },
  http: GuestHttp | undefined,
  remember: (outcome: StepOutcome) => void,
): StepOutcome {
  const requests = http && http.counts.sent > 0 ? { requests: http.counts } : {};
  try {
    return inTransaction(context.db, () => {
      const outcome = {
        ...outcomeOf(context, step, ended, http?.down),
        ...requests,
        verified: ended.verified,
      };
      remember(outcome);
      saveStep(context, step, outcome);
      if ((outcome.delivery?.saved ?? 0) > 0) noteWorking(context.db, step.model);
      return outcome;
    });
  } finally {
    ended.delivery?.dispose();
  }
}

async function makeHttp(
  context: RunContext,
  model: Model,
  secrets: ModelSecrets,
  wishes: ModelWishes,
): Promise<GuestHttp | undefined> {
  const { allowNet, rateLimit: limit, delivery } = model.directives;
  if (!allowNet) return undefined;
  const plan = context.plan && (isSource(model) ? "read" : "record");
  const practiceOrigin = plan === "record" ? undefined : await context.practice?.();
  const records = {
    commits: context.commits,
    log: new RequestLog(context.db, context.runId, model.name),
    open: new OpenRequests(context.db, context.runId, model.name),
    keyNames: loadKeyNames(context.db, model.name),
    mask: secrets.mask,
  };
  return new GuestHttp({
    start: {
      model: model.name,
      allowNet,
      secrets: secrets.entries,
      ...(practiceOrigin !== undefined && { practiceOrigin }),
      ...(context.proxies && practiceOrigin === undefined && { proxies: context.proxies }),
      ...(delivery === "at_most_once" && { atMostOnce: true }),
      ...(plan && { plan }),
    },
    startWorker: (onFailure) =>
      context.workers.start({
        role: "egress",
        label: `${model.name} egress`,
        net: netOf(allowNet, practiceOrigin, plan),
      }, onFailure),
    ...records,
    tokens: await context.tokens(),
    // What is only recorded waits for nothing.
    ...(plan !== "record" && limit?.rate &&
      { rateLimiter: context.rateLimits.get(limit.name ?? model.name, limit.rate) }),
    projectId: context.projectId,
    runId: context.runId,
    stop: context.stop,
    place: context.place,
    readsOnly: wishes.adopt,
    ...planningOf(context, model, secrets.mask),
    ...gateOf(context, model, records),
    now: context.now,
  });
}

/** What is only recorded goes nowhere: then the worker may reach no host at all. */
function netOf(
  allowNet: readonly string[],
  practiceOrigin: string | undefined,
  plan: "record" | "read" | undefined,
): readonly string[] {
  if (plan === "record") return [];
  return practiceOrigin === undefined ? allowNet : [new URL(practiceOrigin).host];
}

/** Where a plan is made; what a source reads is sent, and nothing has to be assumed. */
function planningOf(
  { db, plan }: RunContext,
  model: Model,
  mask: ModelSecrets["mask"],
): { planning?: RequestPlanning } {
  if (!plan) return {};
  const earlierAnswers = isSource(model) ? undefined : new EarlierAnswers(db, mask);
  return { planning: new RequestPlanning(plan.of(model.name), earlierAnswers, mask) };
}

/** Where a plan is applied, nothing leaves that is not in it; what a source reads, the plan has read too. */
function gateOf(
  { planned, stateOption, now }: RunContext,
  model: Model,
  records: RequestRecordContext,
): { gate?: PlanGate } {
  if (!planned) return {};
  const reads = isSource(model) ? ["GET", "HEAD"] : [];
  const isPlanned: PlanGate["isPlanned"] = (method, groups, identity) =>
    reads.includes(method) || planned.take(model.name, groups, identity);
  return { gate: { ...records, model: model.name, isPlanned, stateOption, now } };
}

async function makeStart(
  context: RunContext,
  model: Model,
  secrets: ModelSecrets,
  unsettled: readonly UnsettledMessage[],
): Promise<GuestStart> {
  const { directives: d } = model;
  const allowedEnv = d.allowEnv ?? [];
  return {
    model: model.name,
    kind: model.kind,
    modules: await serveModules(model.modules ?? []),
    uniqueKey: d.uniqueKey ?? [],
    concurrency: d.concurrency ?? 1,
    timeoutMs: d.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    retries: d.retries ?? DEFAULT_RETRIES,
    env: Object.fromEntries(allowedEnv.flatMap((name) => {
      const value = context.readVariable(name);
      return value === undefined ? [] : [[name, value]];
    })),
    allowedEnv,
    secrets: secrets.standIns,
    ...(d.delivery === "at_most_once" && { atMostOnce: true }),
    ...(unsettled.length > 0 && { unsettled }),
    ...((context.plan || context.planned) && { asksNothing: true }),
  };
}
