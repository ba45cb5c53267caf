// CRC-32 (reflected 0x04C11DB7, zlib's) after one more byte; it begins with all ones, and what is
// sent is its complement.
module board_crc (input wire [31:0] crc, input wire [7:0] data, output wire [31:0] next);
    function [31:0] step(input [31:0] from, input [7:0] more);
        integer i;
        begin
            step = from ^ {24'd0, more};
            for (i = 0; i < 8; i = i + 1)
                step = step[0] ? {1'b0, step[31:1]} ^ 32'hedb88320 : {1'b0, step[31:1]};
        end
    endfunction
    assign next = step(crc, data);
endmodule
