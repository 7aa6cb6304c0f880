// Rendering of the files under templates/.

export interface Templates {
  /** Renders templates/<name>.hbs. An unknown name in the template throws DeisError('internal'). */
  render(name: string, data: object): string;
}
