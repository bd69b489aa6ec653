/** SQL/JSON paths as PostgreSQL writes them: names quoted, operations in parentheses. */
import { writeJsonb } from "./json-value.ts";
import type { JsonPath, PathNode, Step } from "./jsonpath.ts";

export function writeJsonPath({ isStrict, root }: JsonPath): string {
  return `${isStrict ? "strict " : ""}${written(root, true)}`;
}

function priority(node: PathNode): number {
  switch (node.kind) {
    case "or":
      return 0;
    case "and":
      return 1;
    case "comparison":
    case "starts with":
      return 2;
    case "arithmetic":
      return node.operator === "+" || node.operator === "-" ? 3 : 4;
    case "sign":
      return 5;
    default:
      return 6;
  }
}

function written(node: PathNode, isBracketed: boolean): string {
  const bracketed = (text: string) => (isBracketed ? `(${text})` : text);
  const part = (inner: PathNode) => written(inner, priority(inner) <= priority(node));
  switch (node.kind) {
    case "root":
      return "$";
    case "current":
      return "@";
    case "last":
      return "last";
    case "literal":
      return writeJsonb(node.value);
    case "variable":
      return `$${JSON.stringify(node.name)}`;
    case "chain":
      return written(node.base, true) + node.steps.map(writtenStep).join("");
    case "arithmetic":
    case "comparison":
      return bracketed(`${part(node.left)} ${node.operator} ${part(node.right)}`);
    case "and":
      return bracketed(`${part(node.left)} && ${part(node.right)}`);
    case "or":
      return bracketed(`${part(node.left)} || ${part(node.right)}`);
    case "starts with":
      return bracketed(`${part(node.left)} starts with ${part(node.right)}`);
    case "like_regex":
      return bracketed(
        `${part(node.argument)} like_regex ${JSON.stringify(node.pattern)}${node.flags === "" ? "" : ` flag "${node.flags}"`}`,
      );
    case "sign":
      return bracketed(`${node.operator}${part(node.argument)}`);
    case "not":
      return `!(${written(node.argument, false)})`;
    case "is unknown":
      return `(${written(node.argument, false)}) is unknown`;
    case "exists":
      return `exists (${written(node.argument, false)})`;
    default:
      return node satisfies never;
  }
}

function writtenStep(step: Step): string {
  switch (step.kind) {
    case "key":
      return `.${JSON.stringify(step.name)}`;
    case "any key":
      return ".*";
    case "any item":
      return "[*]";
    case "items":
      return `[${step.places
        .map(
          ({ from, to }) =>
            written(from, false) + (to === undefined ? "" : ` to ${written(to, false)}`),
        )
        .join(",")}]`;
    case "descend":
      return `.**${writtenLevels(step.from, step.to)}`;
    case "filter":
      return `?(${written(step.predicate, false)})`;
    case "method":
      return `.${step.name}(${step.argument === undefined ? "" : written(step.argument, false)})`;
    default:
      return step satisfies never;
  }
}

function writtenLevels(from: number | undefined, to: number | undefined): string {
  if (from === 0 && to === undefined) return "";
  if (from === to) return `{${from ?? "last"}}`;
  return `{${from ?? "last"} to ${to ?? "last"}}`;
}
