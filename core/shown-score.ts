/** Objects that a model is less sure of are scored, but not shown to people: correcting them would cost more than drawing. */
export const shownScore = 0.25;
