// Seeds of the hostile requests. One that once found something stays: add it in front, with what it found.

export const SEEDS: readonly number[] = [20_261_122, 7, 1_013];
