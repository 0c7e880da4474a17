/**
 * Reads what can be known of a model's module without running it: what it imports, what SQL it
 * gives to `query` and `changes`, and what it does that a model may not do.
 *
 * This is for clear words before a run. What holds a model back while it runs is
 * `serve_modules.ts` (no import that was not checked) and the guest (nothing else to reach).
 *
 * @module
 */
import { messageOf } from "~/base/message_of.ts";
import { UserError } from "~/base/user_error.ts";
import { findHttpCalls, type HttpCalls } from "./find_http_calls.ts";
import { findQueries, type ModuleQuery } from "./find_queries.ts";
import { findForeignNames } from "./spoor_names.ts";
import {
  isNode,
  type ModuleLanguage,
  nameOf,
  nodesOf,
  parseModule,
  type SyntaxNode,
  walkTree,
} from "./syntax_tree.ts";

export type { ModuleQuery } from "./find_queries.ts";

/** An `import … from` or `export … from`. */
export interface ModuleImport {
  specifier: string;
  /** Counted from 1. */
  line: number;
  /** `import type`: nothing is loaded at run time. */
  typeOnly: boolean;
}

/** What is found in one module. */
export interface ModuleAnalysis extends HttpCalls {
  imports: readonly ModuleImport[];
  queries: readonly ModuleQuery[];
  /** It exports `verify`, which a model may. */
  exportsVerify?: true;
  /** It does, and that is no function. */
  badVerify?: BadExport;
  /** What is wrong, in the order of the text. A syntax error is the only one of its file. */
  problems: readonly UserError[];
}

/** An export that is not what is expected of its name. */
export interface BadExport {
  /** What it is: `a number`. */
  what: string;
  /** Counted from 1. */
  line: number;
}

/**
 * Analyses one module.
 *
 * @param path As messages are to show it; its ending tells the language.
 * @param source The file's text.
 */
export async function analyseModule(path: string, source: string): Promise<ModuleAnalysis> {
  if (path.endsWith(".json")) {
    return { imports: [], queries: [], problems: jsonProblems(path, source) };
  }
  try {
    const program = await parseModule(path, source, languageOf(path));
    const exportsVerify = nodesOf(program.body).some(isExportOfVerify);
    const badVerify = findBadVerify(program);
    return {
      imports: findImports(program),
      queries: findQueries(program),
      ...findHttpCalls(program),
      problems: findProblems(path, program),
      ...exportsVerify && { exportsVerify },
      ...badVerify && { badVerify },
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { imports: [], queries: [], problems: [error] };
  }
}

/** The language that a file's name stands for. */
export function languageOf(path: string): ModuleLanguage {
  return /\.[cm]?js$/.test(path) ? "javascript" : "typescript";
}

/** Static imports and re-exports of a module, in the order of the text. */
function findImports(program: SyntaxNode): ModuleImport[] {
  return nodesOf(program.body).flatMap((node) => {
    const source = node.source;
    if (!isNode(source) || typeof source.value !== "string") return [];
    return [{
      specifier: source.value,
      line: source.loc.start.line,
      typeOnly: node.importKind === "type" || node.exportKind === "type",
    }];
  });
}

/** What expressions are that are no functions for certain. */
const NO_FUNCTIONS: Readonly<Record<string, string>> = {
  NumericLiteral: "a number",
  BigIntLiteral: "a bigint",
  StringLiteral: "a string",
  TemplateLiteral: "a string",
  BooleanLiteral: "a boolean",
  NullLiteral: "null",
  ObjectExpression: "an object",
  ArrayExpression: "an array",
  RegExpLiteral: "an object",
};

/** By its name: what `export *` gives is not looked for. */
function isExportOfVerify({ type, declaration, specifiers, exportKind }: SyntaxNode): boolean {
  if (type !== "ExportNamedDeclaration" || exportKind === "type") return false;
  const declared = isNode(declaration) ? [declaration, ...nodesOf(declaration.declarations)] : [];
  return declared.some(({ id }) => nameOf(id) === "verify") ||
    nodesOf(specifiers).some(({ exported }) => nameOf(exported) === "verify");
}

function findBadVerify(program: SyntaxNode): BadExport | undefined {
  for (const { type, declaration } of nodesOf(program.body)) {
    if (type !== "ExportNamedDeclaration" || !isNode(declaration)) continue;
    for (const { id, init, loc } of nodesOf(declaration.declarations)) {
      const what = isNode(init) ? NO_FUNCTIONS[withoutType(init).type] : undefined;
      if (nameOf(id) === "verify" && what) return { what, line: loc.start.line };
    }
  }
  return undefined;
}

/** `x as T`, `x satisfies T`. */
function withoutType(node: SyntaxNode): SyntaxNode {
  const isTyped = node.type === "TSAsExpression" || node.type === "TSSatisfiesExpression";
  return isTyped && isNode(node.expression) ? withoutType(node.expression) : node;
}

function findProblems(path: string, program: SyntaxNode): UserError[] {
  const problems: UserError[] = [];
  const report = (node: SyntaxNode, message: string, hint: string) =>
    problems.push(
      new UserError(message, {
        at: { path, line: node.loc.start.line, column: node.loc.start.column + 1 },
        hint,
      }),
    );
  walkTree(program, (node) => {
    if (node.type === "ImportExpression" || node.type === "Import") {
      report(
        node,
        `Cannot import at run time: "import()" is not there in a model`,
        `Write a static import at the top of the file: import … from "./file.ts".`,
      );
    }
    if (node.type === "TSImportEqualsDeclaration" && isExternal(node)) {
      report(node, `Cannot use "import … = require(…)"`, `Write import … from "./file.ts".`);
    }
    if (node.type === "TSExportAssignment") {
      report(node, `Cannot use "export ="`, "Write export default.");
    }
    if (node.type === "TSModuleDeclaration" && node.declare !== true) {
      report(node, "Cannot use a namespace", "Write a module of its own and import it.");
    }
    checkAttributes(node, report);
    for (const { node: name, message, hint } of findForeignNames(node)) report(name, message, hint);
  });
  return problems;
}

function checkAttributes(
  node: SyntaxNode,
  report: (node: SyntaxNode, message: string, hint: string) => void,
): void {
  for (const attribute of nodesOf(node.attributes)) {
    if (attribute.type !== "ImportAttribute") continue;
    const type = isNode(attribute.value) ? attribute.value.value : undefined;
    const specifier = isNode(node.source) ? String(node.source.value) : "";
    if (nameOf(attribute.key) === "type" && type === "json" && specifier.endsWith(".json")) {
      continue;
    }
    report(
      attribute,
      `Cannot import "${specifier}" with { ${nameOf(attribute.key)}: "${type}" }`,
      `The one attribute that a model's imports take is { type: "json" }, for .json files; ` +
        `other files are read with files("…") and @allow_read.`,
    );
  }
}

function isExternal(node: SyntaxNode): boolean {
  return isNode(node.moduleReference) && node.moduleReference.type === "TSExternalModuleReference";
}

function jsonProblems(path: string, source: string): UserError[] {
  try {
    JSON.parse(source);
    return [];
  } catch (error) {
    const reason = messageOf(error);
    return [new UserError(`Cannot read the JSON file: ${reason}`, { at: { path }, cause: error })];
  }
}
