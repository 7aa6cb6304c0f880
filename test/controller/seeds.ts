// Seeds of the hostile requests. One that once found something stays: add it in front, with what it found.

/** 34614603: a body of thousands of levels, over which the check of a scale ran out of stack. */
export const SEEDS: readonly number[] = [34_614_603, 20_261_122, 7, 1_013];
