// SPDX-License-Identifier: Apache-2.0
//
// Empty: the target of this source makes the precompiled header that all tests share (cmake/truce.cmake).
