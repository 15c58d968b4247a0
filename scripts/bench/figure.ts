/** One measured figure. `ratio` compares with `against`, measured in the same run. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  ratio?: number;
  against?: string;
}
