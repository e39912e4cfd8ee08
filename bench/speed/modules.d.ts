// The peers are installed by `npm run bench` only; these are the parts of them that it uses.
declare module '@duckdb/node-api' {
  export const DuckDBInstance: {
    create(file: string): Promise<{
      connect(): Promise<{ runAndReadAll(text: string): Promise<{ getRows(): unknown[][] }> }>;
    }>;
  };
}
