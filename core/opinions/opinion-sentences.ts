/** A review as far as several people answer its tasks. */
export interface ReviewOpinions {
  readonly title: string;
  readonly begun?: number;
  readonly disputed?: number;
  readonly undecided?: number;
}

/** Whom reviews wait for beside those who are asked at first, in sentences. */
export function opinionSentences(reviews: readonly ReviewOpinions[]): string[] {
  return reviews.flatMap(({ title, begun = 0, disputed = 0, undecided = 0 }) => [
    ...(begun > 0
      ? [`${title}: ${tasks(begun)} answered by some of the people asked, and open for others`]
      : []),
    ...(disputed > 0
      ? [
          `${title}: people differ on ${tasks(disputed)}; somebody else who opens the project is asked as well`,
        ]
      : []),
    ...(undecided > 0
      ? [
          `${title}: people still differ on ${tasks(undecided)}; the adjudicator decides in the cycle's verdicts`,
        ]
      : []),
  ]);
}

function tasks(count: number): string {
  return count === 1 ? '1 task' : `${count} tasks`;
}
