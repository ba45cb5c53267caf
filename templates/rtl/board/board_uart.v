// A UART's two halves: 8 bits, no parity, one stop bit, DIVISOR (at least 4) clock cycles a bit.

// `valid` is high for a cycle with each byte. A byte whose stop bit is low is dropped, as what
// follows will show. `hangup` is high while the line has been low for longer than any byte is.
module board_uart_rx #(parameter DIVISOR = 50) (
    input wire clk, input wire rst, input wire line,
    output reg valid, output reg [7:0] data, output wire hangup
);
    localparam CB = $clog2(DIVISOR), HALF = DIVISOR / 2 - 1, FULL = DIVISOR - 1;
    reg [2:0] seen; // two flip-flops against metastability, and the bit itself
    wire level = seen[2];
    reg busy;
    reg [3:0] index;  // bits still to come, the stop bit among them
    reg [CB-1:0] count;
    reg [5:0] low;
    reg [CB-1:0] low_count;
    assign hangup = low[5];
    always @(posedge clk) begin
        seen <= {seen[1:0], line};
        valid <= 1'b0;
        if (rst) begin
            busy <= 1'b0; index <= 4'd0; count <= 0; low <= 6'd0; low_count <= 0;
        end else begin
            if (level) begin
                low <= 6'd0; low_count <= 0;
            end else if (low_count == FULL[CB-1:0]) begin
                low_count <= 0;
                if (!low[5]) low <= low + 6'd1;
            end else low_count <= low_count + 1'b1;

            if (!busy) begin
                if (!level && !low[4]) begin
                    busy <= 1'b1; index <= 4'd9; count <= HALF[CB-1:0];
                end
            end else if (count != 0) count <= count - 1'b1;
            else begin
                count <= FULL[CB-1:0];
                index <= index - 4'd1;
                if (index == 4'd9) busy <= !level; // the middle of the start bit
                else if (index == 4'd0) begin
                    busy <= 1'b0; valid <= level;
                end else data <= {level, data[7:1]};
            end
        end
    end
endmodule

// `ready` is high where a byte is taken.
module board_uart_tx #(parameter DIVISOR = 50) (
    input wire clk, input wire rst, output wire line,
    input wire valid, input wire [7:0] data, output wire ready
);
    localparam CB = $clog2(DIVISOR), FULL = DIVISOR - 1;
    reg [8:0] bits;
    reg [3:0] left;
    reg [CB-1:0] count;
    assign line = bits[0];
    assign ready = left == 4'd0 && !rst;
    always @(posedge clk)
        if (rst) begin
            bits <= 9'h1ff; left <= 4'd0; count <= 0;
        end else if (left == 4'd0) begin
            if (valid) begin
                bits <= {data, 1'b0}; left <= 4'd10; count <= FULL[CB-1:0];
            end
        end else if (count != 0) count <= count - 1'b1;
        else begin
            bits <= {1'b1, bits[8:1]}; left <= left - 4'd1; count <= FULL[CB-1:0];
        end
endmodule
