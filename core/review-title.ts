/** How the titles of all of a loop's review projects start. */
export function reviewTitles(loop: string): string {
  return `${loop} cycle `;
}

/** @param part - `hold-out`, `batch`, … */
export function reviewTitle(loop: string, cycle: number, part: string): string {
  return `${reviewTitles(loop)}${cycle} ${part}`;
}

/** Of the project that keeps the tasks which a cycle took back. */
export function withdrawnTitle(loop: string, cycle: number): string {
  return reviewTitle(loop, cycle, 'withdrawn');
}

/** Of the one project of a loop with `review.projects: loop`. */
export function loopTitle(loop: string): string {
  return `${reviewTitles(loop)}by cycle`;
}

/** The cycle that a title names; null for a title of another form. */
export function cycleOfTitle(loop: string, title: string): number | null {
  const rest = title.slice(reviewTitles(loop).length);
  const cycle = title.startsWith(reviewTitles(loop)) ? /^\d+/.exec(rest)?.[0] : undefined;
  return cycle === undefined ? null : Number(cycle);
}
