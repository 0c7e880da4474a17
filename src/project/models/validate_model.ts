/**
 * What must hold between the directives of one model, its kind and its language.
 *
 * @module
 */
import { type SourceLocation, UserError } from "~/base/user_error.ts";
import { type Directive, findDirective } from "~/model/directives.ts";
import type { Model } from "~/model/model.ts";
import { placeOfDirective } from "~/model/place_of_directive.ts";

/**
 * Checks one model by itself.
 *
 * @param dynamicQueries Where it puts SQL together at run time.
 */
export function validateModel(
  model: Model,
  dynamicQueries: readonly SourceLocation[],
): UserError[] {
  const { kind, language, directives } = model;
  const errors: UserError[] = [];
  for (const name of Object.keys(model.directiveLines)) {
    const directive = findDirective(name);
    const error = directive && checkTaken(model, directive);
    if (error) errors.push(error);
  }
  if (kind === "view" && language === "ts") {
    errors.push(
      new UserError(`Cannot make a view of a TypeScript model: "${model.path}" is no SQL`, {
        at: placeOfDirective(model, "kind"),
        hint: `Use "@kind: table", or write the model in SQL.`,
      }),
    );
  }
  if (kind === "tracked" && directives.uniqueKey === undefined) {
    errors.push(
      new UserError(`Cannot track "${model.name}": it has no ${label(model, "unique_key")}`, {
        at: placeOfDirective(model, "kind"),
        hint: `Add "${label(model, "unique_key")}: column", the columns that make a group of rows.`,
      }),
    );
  }
  return [
    ...errors,
    ...checkDelivery(model),
    ...checkSecrets(model),
    ...checkRequests(model),
    ...checkDynamicQueries(model, dynamicQueries),
  ];
}

/** Whether kind and language of the model take a directive. */
function checkTaken(model: Model, directive: Directive): UserError | undefined {
  const name = label(model, directive.name);
  const at = placeOfDirective(model, directive.name);
  if (directive.typescriptOnly && model.language !== "ts") {
    return new UserError(`Cannot use "${name}" here: "${model.name}" is a SQL model`, {
      at,
      hint: "Remove the line; only TypeScript models take it.",
    });
  }
  if (directive.kinds === undefined || directive.kinds.includes(model.kind)) return undefined;
  const kindOf = (kind: string) => `"${label(model, "kind")}: ${kind}"`;
  const kinds = directive.kinds.map(kindOf).join(" or ");
  const isGiven = model.directiveLines.kind !== undefined;
  return new UserError(
    `Cannot use "${name}" here: "${model.name}" has the kind "${model.kind}"`,
    {
      at,
      hint: isGiven
        ? `Remove the line, or change ${kindOf(model.kind)} to ${kinds}.`
        : `Remove the line, or add ${kinds}.`,
    },
  );
}

/**
 * Whether it can be told of what left its query, where that is to be delivered. Call once the project's
 * defaults are in it.
 */
export function checkRemoved({ name, kind, directives, readsRowsAt }: Model): UserError[] {
  if (kind !== "tracked" || directives.onRemoved !== "deliver" || !readsRowsAt) return [];
  return [cannotDeliverRemoved(name, readsRowsAt)];
}

/** What `query()` yields has no room for groups that are gone. */
export function cannotDeliverRemoved(name: string, at: SourceLocation): UserError {
  return new UserError(
    `Cannot deliver what ${name} removes: it reads by query(), which gives no removed groups`,
    { at, hint: `Read with changes(), or set "@on_removed: forget".` },
  );
}

/** A promise of delivery where nothing is sent would be believed. */
function checkDelivery(model: Model): UserError[] {
  const isGiven = model.directiveLines.delivery !== undefined;
  const sends = model.directives.allowNet !== undefined || model.language !== "ts";
  if (!isGiven || sends || model.kind !== "tracked") return [];
  return [
    new UserError(`Cannot use "@delivery" here: "${model.name}" sends nothing`, {
      at: placeOfDirective(model, "delivery"),
      hint: `Remove the line, or add "@allow_net: host"; only a model with a host can deliver.`,
    }),
  ];
}

function checkSecrets(model: Model): UserError[] {
  const { secrets, allowNet, allowEnv } = model.directives;
  const errors: UserError[] = [];
  if (secrets && allowNet === undefined && model.language === "ts") {
    errors.push(
      new UserError(`Cannot use "@secrets" here: "${model.name}" may reach no host`, {
        at: placeOfDirective(model, "secrets"),
        hint: `Add "@allow_net: host"; a secret is of use only in a request.`,
      }),
    );
  }
  for (const name of secrets ?? []) {
    if (!allowEnv?.includes(name)) continue;
    errors.push(
      new UserError(`Cannot keep "${name}" secret: "@allow_env" shows it to the model`, {
        at: placeOfDirective(model, "allow_env"),
        hint: `Name it in "@secrets" alone.`,
      }),
    );
  }
  return errors;
}

/** Directives that are about requests alone; `@timeout` is about a stop, too. */
const OF_REQUESTS: readonly string[] = ["rate_limit", "retries"];

function checkRequests(model: Model): UserError[] {
  if (model.directives.allowNet !== undefined || model.language !== "ts") return [];
  return OF_REQUESTS.filter((name) => model.directiveLines[name] !== undefined).map((name) =>
    new UserError(`Cannot use "@${name}" here: "${model.name}" may reach no host`, {
      at: placeOfDirective(model, name),
      hint: `Add "@allow_net: host", or remove the line.`,
    })
  );
}

function checkDynamicQueries(model: Model, places: readonly SourceLocation[]): UserError[] {
  if (model.directives.dependsOn !== undefined) return [];
  return places.map((at) =>
    new UserError(
      `Cannot tell which tables "${model.name}" reads: the SQL of this query is put together at run time`,
      {
        at,
        hint: `Add "// @depends_on: schema.name" with all models that it reads to the header of ` +
          `"${model.path}", or write the SQL as one string with "?" for its values.`,
      },
    )
  );
}

/** A directive as the language writes it. */
function label(model: Model, name: string): string {
  return model.language === "yaml" ? name : `@${name}`;
}
