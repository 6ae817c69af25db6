/** For tests: a busy machine is slow, which is no fault of what is tested. */
import { configure } from '@testing-library/react';

jest.setTimeout(60_000);
configure({ asyncUtilTimeout: 15_000 });
