/** How a figure is printed: what was measured, its value, its goal. */

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export function line(name: string, value: number, unit: string, goal: string, more = ""): void {
  console.log(
    `${name.padEnd(46)} ${value.toFixed(3).padStart(10)} ${unit.padEnd(6)} goal ${goal.padEnd(10)} ${more}`,
  );
}
