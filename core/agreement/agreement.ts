import { cohenKappa } from '../metrics/cohen-kappa.ts';
import { dawidSkene } from './dawid-skene.ts';
import { fleissKappa } from './fleiss-kappa.ts';
import { krippendorffAlpha } from './krippendorff-alpha.ts';
import { overlappingOpinions, type Opinion } from './opinions.ts';

export interface Agreement {
  /** Datapoints that two annotators at least have labelled; all below is of these. */
  readonly datapoints: number;
  readonly pairs: readonly {
    readonly one: string;
    readonly other: string;
    readonly datapoints: number;
    readonly agreed: number;
    /** {@link cohenKappa} */
    readonly kappa: number;
  }[];
  /** {@link krippendorffAlpha} */
  readonly alpha: number | null;
  /** {@link fleissKappa}; null where the numbers of labels differ. */
  readonly fleiss: number | null;
  /** By annotator, 0..1: {@link dawidSkene}. */
  readonly accuracies: Readonly<Record<string, number>>;
  /** Datapoints whose labels differ, the least certain consensus first. */
  readonly disputed: readonly {
    readonly path: string;
    readonly said: Readonly<Record<string, string>>;
    readonly consensus: string;
    /** Of the consensus, 0..1. */
    readonly chance: number;
  }[];
}

/** How far annotators agree, and what they say together where they do not. Null where no datapoint has two opinions. */
export function agreementOf(opinions: readonly Opinion[], classes: readonly string[]): Agreement | null {
  const overlapping = overlappingOpinions(opinions);
  if (overlapping.size === 0) return null;
  const units = [...overlapping.values()].map((said) => [...said.values()]);
  const { posteriors, accuracies } = dawidSkene(overlapping, classes);
  const disputed = [...overlapping]
    .filter(([, said]) => new Set(said.values()).size > 1)
    .map(([path, said]) => ({
      path,
      said: Object.fromEntries(said),
      ...likeliest(posteriors.get(path) ?? [], classes),
    }))
    .sort((a, b) => a.chance - b.chance);
  return {
    datapoints: overlapping.size,
    pairs: pairsOf(overlapping),
    alpha: krippendorffAlpha(units),
    fleiss: fleissKappa(units),
    accuracies: Object.fromEntries(accuracies),
    disputed,
  };
}

function pairsOf(overlapping: ReadonlyMap<string, ReadonlyMap<string, string>>): Agreement['pairs'] {
  const annotators = [...new Set([...overlapping.values()].flatMap((said) => [...said.keys()]))].sort();
  return annotators
    .flatMap((one, index) => annotators.slice(index + 1).map((other) => ({ one, other })))
    .flatMap(({ one, other }) => {
      const both = [...overlapping.values()].flatMap((said) => {
        const [first, second] = [said.get(one), said.get(other)];
        return first === undefined || second === undefined ? [] : [[first, second] as const];
      });
      if (both.length === 0) return [];
      const agreed = both.filter(([first, second]) => first === second).length;
      const kappa = cohenKappa(
        both.map(([first]) => first),
        both.map(([, second]) => second),
      );
      return [{ one, other, datapoints: both.length, agreed, kappa }];
    });
}

function likeliest(
  chances: readonly number[],
  classes: readonly string[],
): { consensus: string; chance: number } {
  const chance = Math.max(...chances);
  return { consensus: classes[chances.indexOf(chance)] ?? '', chance };
}
