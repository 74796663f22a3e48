/** What an undo asks for first, found without reading every change there ever was. */
export const changeIndexes = `
CREATE INDEX change_applying ON change (id) WHERE state = 'applying';
CREATE INDEX change_redoable ON change (author, id) WHERE state = 'undone' AND superseded = 0;
`;
