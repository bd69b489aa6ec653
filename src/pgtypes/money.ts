/** money under lc_monetary C: `$1,234.56`. https://www.postgresql.org/docs/15/datatype-money.html */
import { PgError } from "../base/error.ts";

/** cash_in: a currency sign, commas and a minus or parentheses may stand; hundredths are rounded. */
export function readMoney(text: string): bigint {
  const [, open, minus, whole = "", fraction = "", close] =
    /^\s*(\()?\s*(-)?\s*\$?\s*(?:-)?([\d,]*)(?:\.(\d*))?\s*(\))?\s*$/.exec(text) ?? [];
  const digits = whole.replaceAll(",", "");
  if (digits + fraction === "" || (open === undefined) !== (close === undefined))
    throw new PgError("22P02", `invalid input syntax for type money: "${text}"`);
  const cents = BigInt(digits + fraction.padEnd(2, "0").slice(0, 2));
  const rounded = (fraction[2] ?? "0") >= "5" ? cents + 1n : cents;
  const isNegative = open !== undefined || minus !== undefined || /\$\s*-/.test(text);
  if (rounded >= 2n ** 63n)
    throw new PgError("22003", `value "${text}" is out of range for type money`);
  return isNegative ? -rounded : rounded;
}

export function moneyText(cents: bigint): string {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, "0");
  const whole = digits.slice(0, -2).replace(/\B(?=(?:\d{3})+$)/g, ",");
  return `${cents < 0n ? "-" : ""}$${whole}.${digits.slice(-2)}`;
}
