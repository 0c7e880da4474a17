/**
 * Which whole-program tests the compiled program does not need to run.
 *
 * A compiled program can differ from the sources in how it was put together: what is bundled and
 * loaded on demand, how workers and guest processes start, which permissions and flags they have,
 * what the base binary makes of files, signals, sockets, memory and a terminal. Tests of these
 * run whole against both. Other tests hold one decision of the same code many times; of their
 * files the compiled program runs a sample, which shows that the part is there and works.
 *
 * What is not listed runs whole, so a new file of tests does.
 *
 * @module
 */

/** Files of tests, and the beginnings of the names of those that are run all the same. */
export type Samples = Readonly<Record<string, readonly string[]>>;

/** Why a sample does, and of what. */
export const SAMPLED: readonly { because: string; files: Samples }[] = [
  {
    because: "no Spoor is started: this process tests the core, the helpers or the documents",
    files: {
      "tests/docs/readme_test.ts": [],
      "tests/simulation/quick_database_test.ts": [],
      "tests/simulation/simulation_test.ts": [],
      "tests/support/fake_api_test.ts": [],
    },
  },
  {
    because: "most of it opens state files in this process, or in another that is not Spoor",
    files: {
      "tests/state/migration_test.ts": ["a run on a file of version"],
    },
  },
  {
    because: "SQL tells what changed, and values decide what is sent, held back or accepted",
    files: {
      "tests/delivery/adopt/adopt_held_test.ts": [
        "--held with a CSV file: the next run sends exactly what truly differs",
      ],
      "tests/delivery/adopt/adopt_held_mistakes_test.ts": [],
      "tests/delivery/adopt/adopt_held_tries_test.ts": [],
      "tests/delivery/adopt/adopt_left_test.ts": [],
      "tests/delivery/adopt/adopt_test.ts": ["--adopt sends nothing"],
      "tests/delivery/after_saving_test.ts": [],
      "tests/delivery/budgets_test.ts": ["a query that gives nothing blocks always"],
      "tests/delivery/carried_changes_test.ts": [],
      "tests/delivery/change_batches_test.ts": ["batches of changes hold removals"],
      "tests/delivery/change_batches_kill_test.ts": [
        "killed while a half of a batch of changes is out",
      ],
      "tests/delivery/change_keys_test.ts": [],
      "tests/delivery/record/many_groups_test.ts": [],
      "tests/delivery/record/what_becomes_test.ts": [],
      "tests/delivery/copied_values_test.ts": [],
      "tests/delivery/changes_api_test.ts": ["changes gives creations, updates with what was"],
      "tests/delivery/changes_test.ts": ["only rows that are new or changed are sent"],
      "tests/delivery/rows/column_names_test.ts": [],
      "tests/delivery/tries/doubt_test.ts": [],
      "tests/delivery/tries/ended_meanwhile_test.ts": [],
      "tests/delivery/groups_test.ts": ["a group of several rows is acknowledged by its last row"],
      "tests/delivery/hand_made_requests_test.ts": [
        "at most once, a write that is about no group is refused before it leaves",
      ],
      "tests/delivery/tries/halving_kill_test.ts": [],
      "tests/delivery/tries/kill_test.ts": [
        "a batch in flight comes again as it was",
        "a killed run is shown as died",
      ],
      "tests/delivery/tries/known_there_test.ts": [],
      "tests/delivery/lifecycle_test.ts": [
        "SIGTERM lets what is in flight end",
        "@model_timeout leaves unknown what was in flight",
        "two models that send beside each other",
      ],
      "tests/delivery/nothing_read_test.ts": [],
      "tests/delivery/own_loops_in_flight_test.ts": [],
      "tests/delivery/removals_first_test.ts": [],
      "tests/delivery/rows/kept_rows_test.ts": [],
      "tests/delivery/rows/keys_test.ts": ["what SQLite tells apart is two groups"],
      "tests/delivery/rows/new_columns_test.ts": [],
      "tests/delivery/rows/new_key_test.ts": [],
      "tests/delivery/rows/nothing_accepted_test.ts": [],
      "tests/delivery/rows/nul_texts_test.ts": ["a text with a NUL is sent whole"],
      "tests/delivery/rows/other_kind_test.ts": [],
      "tests/delivery/rows/wide_rows_test.ts": [],
      "tests/delivery/rows/retyped_keys_test.ts": [],
      "tests/delivery/rows/saving_test.ts": [
        "values that a model saves become SQL's",
        "values of SQL reach the model whole",
      ],
      "tests/delivery/rows/unfit_rows_test.ts": [],
      "tests/delivery/rows/one_copy_test.ts": [],
      "tests/delivery/tries/parked_test.ts": [],
      "tests/delivery/tries/pending_test.ts": ["after kill -9 every group"],
      "tests/delivery/tries/redirected_writes_test.ts": [
        "a write that opts out of retries is not sent where 302 leads",
      ],
      "tests/delivery/tries/repeated_in_vain_test.ts": [],
      "tests/delivery/tries/requests_out_test.ts": [
        "a model that ends by itself waits for what it",
      ],
      "tests/delivery/tries/settled_below_test.ts": [],
      "tests/delivery/tries/settled_there_test.ts": [],
      "tests/delivery/tries/verify_test.ts": ["what verify finds is accepted"],
      "tests/delivery/write_places_test.ts": [],
      "tests/graves/forgotten_await_test.ts": [],
      "tests/graves/parked_rows_test.ts": [],
      "tests/graves/sent_by_mistake_test.ts": [],
      "tests/graves/waiting_rows_test.ts": [],
      "tests/state/last_success_test.ts": [],
      "tests/state/lost_state_test.ts": ["a renamed model sends nothing"],
      "tests/state/restored_state_test.ts": [],
    },
  },
  {
    because: "what an answer means is read off its status and body, cell by cell",
    files: {
      "tests/delivery/tries/failures_test.ts": [
        "a row that is refused fails alone",
        "a connection that breaks is tried again",
        "a server that is not there makes all groups fail",
      ],
      "tests/delivery/requests/answered_in_vain_test.ts": [],
      "tests/delivery/requests/far_side_down_test.ts": [],
      "tests/delivery/requests/locked_out_test.ts": [],
      "tests/delivery/halving_test.ts": ["one bad record of a refused batch fails alone"],
      "tests/delivery/record/parted_batches_test.ts": [],
      "tests/delivery/unread_parts_test.ts": [],
      "tests/delivery/unlooked_refusals_test.ts": [],
      "tests/faults/broken_answers_test.ts": ["an answer that breaks leaves its group unknown"],
      "tests/faults/early_answers_test.ts": ["a success that comes early counts"],
      "tests/faults/matrix_test.ts": [],
      "tests/graves/figures_test.ts": [],
      "tests/graves/partial_answers_test.ts": [],
    },
  },
  {
    because: "one place in the engine counts what a rate limit lets through, and keeps the tokens",
    files: {
      "tests/delivery/requests/auth_command_test.ts": [
        "spoor auth asks for consent with PKCE",
        "tokens are encrypted at rest by a key",
      ],
      "tests/delivery/requests/oauth_test.ts": [
        "http.oauth gets one token by client credentials",
        "a model cannot read a token that the far side echoes",
        "a practice run asks nobody for a token",
      ],
      "tests/delivery/requests/rate_limit_test.ts": ["a limit holds across kill -9"],
    },
  },
  {
    because: "a plan is held against a run or another plan, value by value",
    files: {
      "tests/plan/apply_requests_test.ts": [],
      "tests/plan/apply_test.ts": ["apply sends just the requests of the plan"],
      "tests/plan/budget_test.ts": [],
      "tests/plan/plan_file_test.ts": [
        "plan -o replaces what is there when the new plan is whole",
        "the command that plan prints applies the plan that it wrote to",
      ],
      "tests/plan/plan_page_test.ts": ["a host that is not allowed is found out"],
      "tests/plan/plan_words_test.ts": [],
      "tests/plan/secrets_test.ts": ["a plan with secrets, signatures and an upload is applied"],
      "tests/plan/tokens_test.ts": [],
      "tests/plan/unknown_test.ts": ["a plan that is stopped or killed leaves no copy"],
      "tests/plan/verify_test.ts": [],
      "tests/plan/plan_test.ts": [
        "a plan sends nothing, and leaves no trace in the state",
        "a plan that is killed while it sends for show",
      ],
    },
  },
  {
    because: "what is told of a run is read from the state file by SELECTs",
    files: {
      "tests/delivery/record/failures_command_test.ts": ["failures lists errors with counts"],
      "tests/delivery/record/history_test.ts": ["history and the run itself show both sides"],
      "tests/delivery/record/alike_values_test.ts": [],
      "tests/delivery/record/key_words_test.ts": [],
      "tests/delivery/record/practice_hints_test.ts": [],
      "tests/delivery/record/long_keys_test.ts": [],
      "tests/delivery/record/killed_first_test.ts": [],
      "tests/delivery/record/named_keys_test.ts": [],
      "tests/delivery/record/project_hints_test.ts": [],
      "tests/delivery/record/settled_again_test.ts": [],
      "tests/delivery/record/waiting_count_test.ts": [],
      "tests/delivery/record/why_left_test.ts": [],
      "tests/delivery/record/retry_test.ts": [],
      "tests/delivery/record/unknown_test.ts": ["what a killed run had out is listed with its key"],
      "tests/delivery/record/why_test.ts": ["why tells what was sent and answered"],
      "tests/state/state_commands_test.ts": [
        "state backup makes a whole copy while a run goes on",
        "state check finds a page of the file",
        "a shell completes the actions",
      ],
    },
  },
  {
    because: "long waits: what ends a run by the clock, by a look at the state file or by a reader",
    files: {
      "tests/run/timeout_test.ts": [
        "at the end of its time a run begins nothing new",
        "a run whose time is over while SQLite computes",
      ],
      "tests/run/unread_output_test.ts": [
        "a second Ctrl-C ends at once what nobody reads",
        "a reader that comes back gets every line",
      ],
      "tests/state/moved_state_test.ts": ["no model sends its first request when the state file"],
    },
  },
  {
    because:
      "headers, the graph, what runs and what a table becomes are reckoned from texts and rows",
    files: {
      "tests/bad_input/graph_test.ts": [],
      "tests/bad_input/header_test.ts": ["validate finds all mistakes of a project in one go"],
      "tests/bad_input/project_test.ts": ["an error is printed on stderr"],
      "tests/bad_input/query_places_test.ts": [],
      "tests/bad_input/rows_test.ts": [],
      "tests/bad_input/typescript_test.ts": [
        "an answer that is no success is explained",
        "an exception of a model is told by its own place",
      ],
      "tests/bad_input/unread_directives_test.ts": [],
      "tests/bad_input/warnings_test.ts": [],
      "tests/bad_input/wrong_calls_test.ts": [],
      "tests/delivery/inbound_test.ts": ["files that are new or changed are read"],
      "tests/run/graph_test.ts": ["--jobs 1 and --jobs 4"],
      "tests/run/other_inputs_test.ts": [],
      "tests/run/kinds_test.ts": ["a TypeScript model may change"],
      "tests/run/contract_test.ts": ["run --json prints objects", "exit codes: 0 all well"],
      "tests/run/skipping_test.ts": ["a model runs anew when its file, what it imports"],
      "tests/run/sources_test.ts": [
        "a source that may reach the network or variables",
        "the state and the secrets are not among the files",
      ],
      "tests/run/sql_errors_test.ts": ["values survive a table"],
    },
  },
];

/** All of these files. */
export const SAMPLED_FILES: readonly string[] = SAMPLED.flatMap(({ files }) => Object.keys(files));

/** Those of them that have a sample: to look through a file costs as much as a small test. */
export const FILES_WITH_SAMPLES: readonly string[] = SAMPLED.flatMap(({ files }) =>
  Object.entries(files).flatMap(([file, samples]) => samples.length > 0 ? [file] : [])
);

/** What `deno test --filter` takes for the samples. */
export function sampleFilter(): string {
  const names = SAMPLED.flatMap(({ files }) => Object.values(files).flat());
  return `/^(?:${names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})/`;
}
